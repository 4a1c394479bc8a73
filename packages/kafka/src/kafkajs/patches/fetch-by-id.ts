import type { Broker, FetchAnswer, FetchOptions } from '../internals/broker.ts'
import type { Cluster } from '../internals/cluster.ts'
import type { Encoder, Exchange } from '../internals/exchange.ts'
import { internal, replace } from '../internals/internals.ts'
import type { LogOf } from '../listener.ts'
import { BY_ID, fetchDecoder, OLDEST, type Question } from './fetch-response.ts'

/** What a broker is asked to fetch, with what only our consumers add: by which log, and how large a record may be. */
interface Options extends FetchOptions {
  readonly topics: readonly AskedTopic[]
}
interface AskedTopic {
  readonly topic: string
  readonly partitions: readonly (FetchOptions['topics'][number]['partitions'][number] & {
    readonly log?: string
    readonly mostRecordBytes?: number
  })[]
}

const FETCH = 1
/** What is written where there is no replica, epoch or offset. */
const NONE = -1

/** Clusters that find brokers so, and brokers that are asked so. */
const known = new WeakSet<object>()

/**
 * From now on the brokers of this cluster are asked for logs and not for whatever has the name of a topic: one that was deleted and made
 * anew goes on where the other one was as if nothing had happened, and nobody who asks by name can tell. Brokers before Kafka 3.1 are
 * asked by name. Of records no more than so many bytes are read.
 */
export function fetchById(cluster: Cluster, mostRecordBytes: number, logOf: LogOf): void {
  if (known.has(cluster)) return
  known.add(cluster)
  replace(cluster, 'findBroker', (find) => async (which) => {
    const broker = await find.call(cluster, which)
    if (!known.has(broker)) {
      known.add(broker)
      replace(broker, 'fetch', (fetch) => async (options) => fetch.call(broker, withLogs(broker, options)))
    }
    return broker
  })
  const withLogs = ({ versions }: Broker, options: FetchOptions): Options => {
    const hasIds = (versions[FETCH]?.maxVersion ?? 0) >= BY_ID
    const topics = options.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((one) => {
        const log = hasIds ? logOf({ topic, partition: one.partition }) : undefined
        return { ...one, mostRecordBytes, ...(log !== undefined && { log }) }
      }),
    }))
    return { ...options, topics }
  }
}

/** An answer is read as it was asked for; a request in which every partition says which log is asked for is one by ids. */
export function patchFetchRequest(): void {
  const decoders = new Map<number, ReturnType<typeof fetchDecoder>>()
  const decoderOf = (version: number) => {
    const known = decoders.get(version) ?? fetchDecoder(version)
    decoders.set(version, known)
    return known
  }
  const reading = (exchange: Exchange<FetchAnswer>, question: Question): Exchange<FetchAnswer> => {
    const decode = decoderOf(exchange.request.apiVersion)
    return { ...exchange, response: { ...exchange.response, decode: (bytes) => decode(bytes, question) } }
  }
  replace(internal('requests').Fetch, 'protocol', (protocol) => (of) => {
    const make = protocol(of)
    return (options) => {
      const exchange = make(options)
      if (exchange.request.apiVersion < OLDEST) return exchange
      const named = namedIn(options)
      if (named === undefined) return reading(exchange, questionOf(options, new Map()))
      const request = { apiKey: FETCH, apiVersion: BY_ID, apiName: 'Fetch', encode: async () => encode(options, named) }
      const names = new Map(named.map(({ log, topic }) => [log, topic]))
      return reading({ ...exchange, request }, questionOf(options, names))
    }
  })
}

/** What was asked for by its log; undefined where anything was asked for by its name. */
function namedIn({ topics }: Options): readonly (AskedTopic & { readonly log: string })[] | undefined {
  const all = topics.flatMap(({ topic, partitions }) =>
    [...Map.groupBy(partitions, ({ log }) => log)].map(([log, some]) => ({ topic, log, partitions: some })),
  )
  const named = all.flatMap(({ log, ...more }) => (log === undefined ? [] : [{ ...more, log }]))
  return named.length < all.length ? undefined : named
}

function questionOf({ topics }: Options, names: Question['names']): Question {
  const all = topics.flatMap(({ topic, partitions }) =>
    partitions.map((one) => [`${one.partition} ${topic}`, one] as const),
  )
  const asked = new Map(all)
  return {
    names,
    isBounded: all.every(([, { mostRecordBytes }]) => mostRecordBytes !== undefined),
    partition(topic, partition) {
      const { fetchOffset, mostRecordBytes } = asked.get(`${partition} ${topic}`) ?? {}
      // kafkajs filters what others get by itself, and needs what lies below to see that there is nothing else.
      return mostRecordBytes === undefined ? { from: 0 } : { from: Number(fetchOffset), mostRecordBytes }
    },
  }
}

function encode(options: Options, topics: readonly (AskedTopic & { readonly log: string })[]): Encoder {
  const { replicaId = NONE, maxWaitTime, minBytes, maxBytes, isolationLevel, rackId } = options
  const encoder = new (internal('Encoder'))()
  const none = () => encoder.writeUVarInt(0)
  const list = <T>(all: readonly T[], write: (one: T) => void) => {
    encoder.writeUVarInt(all.length + 1)
    all.forEach(write)
  }
  // The header ends with its tagged fields, and kafkajs does not write them: none, as everywhere here.
  none().writeInt32(replicaId).writeInt32(maxWaitTime).writeInt32(minBytes).writeInt32(maxBytes)
  // In no session, as kafkajs fetches: number 0, and no epoch.
  encoder.writeInt8(isolationLevel).writeInt32(0).writeInt32(NONE)
  list(topics, ({ log, partitions }) => {
    encoder.writeBuffer(Buffer.from(log, 'base64url'))
    list(partitions, ({ partition, fetchOffset, maxBytes: most }) => {
      // Neither the leader's epoch nor that of the record before is known, and there is no log start of our own.
      encoder.writeInt32(partition).writeInt32(NONE).writeInt64(fetchOffset).writeInt32(NONE).writeInt64(NONE)
      encoder.writeInt32(most)
      none()
    })
    none()
  })
  // Nothing is forgotten of a session.
  list([], none)
  encoder.writeUVarIntString(rackId)
  return none()
}
