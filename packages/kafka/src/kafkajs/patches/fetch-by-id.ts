import type { Broker, FetchAnswer, FetchOptions } from '../internals/broker.ts'
import type { Cluster } from '../internals/cluster.ts'
import type { Encoder, Exchange } from '../internals/exchange.ts'
import { internal, replace } from '../internals/internals.ts'
import type { LogIdOf } from '../listener.ts'
import { BY_ID, type DecodeOptions, fetchDecoder, OLDEST } from './fetch-response.ts'

/** A fetch request, with what only our consumers add for a partition: the id of its log, and the most bytes of a record. */
interface Options extends FetchOptions {
  readonly topics: readonly RequestedTopic[]
}
interface RequestedTopic {
  readonly topic: string
  readonly partitions: readonly (FetchOptions['topics'][number]['partitions'][number] & {
    readonly logId?: string
    readonly maxRecordBytes?: number
  })[]
}

const FETCH = 1
/** Stands for no replica, no epoch and no offset. */
const NONE = -1

/** The clusters and brokers that were changed by `fetchById`. */
const changed = new WeakSet<object>()

/**
 * Makes the brokers of this cluster fetch by the ids of topics. By name, a topic that was deleted and created again would be read from
 * where the earlier one was, and a client could not detect that. Brokers before Kafka 3.1 still receive the name. Records of more than
 * `maxRecordBytes` are not read.
 */
export function fetchById(cluster: Cluster, maxRecordBytes: number, logIdOf: LogIdOf): void {
  if (changed.has(cluster)) return
  changed.add(cluster)
  replace(cluster, 'findBroker', (find) => async (which) => {
    const broker = await find.call(cluster, which)
    if (!changed.has(broker)) {
      changed.add(broker)
      replace(broker, 'fetch', (fetch) => async (options) => fetch.call(broker, withLogIds(broker, options)))
    }
    return broker
  })
  const withLogIds = ({ versions }: Broker, options: FetchOptions): Options => {
    const hasIds = (versions[FETCH]?.maxVersion ?? 0) >= BY_ID
    const topics = options.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((one) => {
        const logId = hasIds ? logIdOf({ topic, partition: one.partition }) : undefined
        return { ...one, maxRecordBytes, ...(logId !== undefined && { logId }) }
      }),
    }))
    return { ...options, topics }
  }
}

/** Answers are decoded as the request needs it. A request in which every partition has the id of its log is sent by ids. */
export function patchFetchRequest(): void {
  const NewEncoder = internal('Encoder')
  const decoders = new Map<number, ReturnType<typeof fetchDecoder>>()
  const decoderOf = (version: number) => {
    const known = decoders.get(version) ?? fetchDecoder(version)
    decoders.set(version, known)
    return known
  }
  const reading = (exchange: Exchange<FetchAnswer>, decodeOptions: DecodeOptions): Exchange<FetchAnswer> => {
    const decode = decoderOf(exchange.request.apiVersion)
    return { ...exchange, response: { ...exchange.response, decode: (bytes) => decode(bytes, decodeOptions) } }
  }
  replace(internal('requests').Fetch, 'protocol', (protocol) => (of) => {
    const make = protocol(of)
    return (options) => {
      const exchange = make(options)
      if (exchange.request.apiVersion < OLDEST) return exchange
      const byId = topicsById(options)
      if (byId === undefined) return reading(exchange, decodeOptionsOf(options, new Map()))
      const encode = async () => write(new NewEncoder(), options, byId)
      const request = { apiKey: FETCH, apiVersion: BY_ID, apiName: 'Fetch', encode }
      const names = new Map(byId.map(({ logId, topic }) => [logId, topic]))
      return reading({ ...exchange, request }, decodeOptionsOf(options, names))
    }
  })
}

type TopicById = RequestedTopic & { readonly logId: string }

/** The topics with the ids of their logs; undefined where a partition has none. */
function topicsById({ topics }: Options): readonly TopicById[] | undefined {
  const all = topics.flatMap(({ topic, partitions }) =>
    [...Map.groupBy(partitions, ({ logId }) => logId)].map(([logId, some]) => ({ topic, logId, partitions: some })),
  )
  const byId = all.flatMap(({ logId, ...more }) => (logId === undefined ? [] : [{ ...more, logId }]))
  return byId.length < all.length ? undefined : byId
}

function decodeOptionsOf({ topics }: Options, names: DecodeOptions['names']): DecodeOptions {
  const all = topics.flatMap(({ topic, partitions }) =>
    partitions.map((one) => [`${one.partition} ${topic}`, one] as const),
  )
  const requested = new Map(all)
  return {
    names,
    isBounded: all.every(([, { maxRecordBytes }]) => maxRecordBytes !== undefined),
    partition(topic, partition) {
      const { fetchOffset, maxRecordBytes } = requested.get(`${partition} ${topic}`) ?? {}
      // For other consumers kafkajs itself filters, and needs the records below to detect that there are no others.
      return maxRecordBytes === undefined ? { from: 0 } : { from: Number(fetchOffset), maxRecordBytes }
    },
  }
}

function write(encoder: Encoder, options: Options, topics: readonly TopicById[]): Encoder {
  const { replicaId = NONE, maxWaitTime, minBytes, maxBytes, isolationLevel, rackId } = options
  const none = () => encoder.writeUVarInt(0)
  const list = <T>(all: readonly T[], writeOne: (one: T) => void) => {
    encoder.writeUVarInt(all.length + 1)
    all.forEach(writeOne)
  }
  // The header ends with tagged fields, which kafkajs does not write: there are none, as everywhere here.
  none().writeInt32(replicaId).writeInt32(maxWaitTime).writeInt32(minBytes).writeInt32(maxBytes)
  // Without a session, as kafkajs fetches: number 0, and no epoch.
  encoder.writeInt8(isolationLevel).writeInt32(0).writeInt32(NONE)
  list(topics, ({ logId, partitions }) => {
    encoder.writeBuffer(Buffer.from(logId, 'base64url'))
    list(partitions, ({ partition, fetchOffset, maxBytes: most }) => {
      // The epochs of the leader and of the record before are not known, and a consumer has no log start.
      encoder.writeInt32(partition).writeInt32(NONE).writeInt64(fetchOffset).writeInt32(NONE).writeInt64(NONE)
      encoder.writeInt32(most)
      none()
    })
    none()
  })
  // Without a session there are no topics to forget.
  list([], none)
  encoder.writeUVarIntString(rackId)
  return none()
}
