import { inside, replace } from './inside.ts'

/** What is used of kafkajs's metadata. */
interface Metadata {
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[]
  }[]
}
interface Exchange {
  readonly request: object
  readonly response: Response
}
interface Response {
  decode(bytes: Buffer): Promise<Metadata>
  parse(metadata: Metadata): Promise<Metadata>
}
interface Broker {
  readonly connectionPool: { send(exchange: Exchange): Promise<Metadata> }
  lookupRequest(key: number, definition: object): (options: object) => Exchange
  metadata(topics: readonly string[]): Promise<Metadata>
}
/** What is used of kafkajs's BrokerPool. */
export interface BrokerPool {
  readonly brokers: Readonly<Record<string, Broker>>
  readonly seedBroker: Broker
  readonly metadata: Metadata | null
  metadataExpireAt: number | null
}
type Refresh = (this: BrokerPool, topics: readonly string[]) => Promise<void>

const METADATA = 3
/** Kafka's errors of what may come (back): no such topic, no leader, a replica away, no right to see the topic. */
const MAY_COME = [3, 5, 9, 29]
/** Milliseconds until it is asked whether it has. */
const ASK_AGAIN = 2_000

const patient = new WeakSet<BrokerPool>()

/** From now on this pool lives with topics that are gone and partitions that no broker leads, and asks for them again and again. */
export const bePatient = (pool: BrokerPool): void => void patient.add(pool)

/** One topic that was deleted, or one partition without a leader, made the metadata of all an error, and with it the consumer end. */
export function mendBrokerPool(): void {
  const definition = inside('protocol/requests', 'requests', 'Metadata')
  replace<Refresh>(
    inside('cluster/brokerPool', 'prototype'),
    'refreshMetadata',
    (refresh) =>
      async function (topics) {
        if (!patient.has(this)) return refresh.call(this, topics)
        for (const broker of [this.seedBroker, ...Object.values(this.brokers)])
          broker.metadata = () => askPatiently(broker, definition, topics)
        await refresh.call(this, topics)
        if (this.metadata !== null && lacksSome(this.metadata)) this.metadataExpireAt = Date.now() + ASK_AGAIN
      },
  )
}

function askPatiently(broker: Broker, definition: object, topics: readonly string[]): Promise<Metadata> {
  const { request, response } = broker.lookupRequest(METADATA, definition)({ topics, allowAutoTopicCreation: false })
  return broker.connectionPool.send({
    request,
    response: {
      decode: response.decode,
      parse: async (metadata) => {
        await response.parse({ ...metadata, topicMetadata: metadata.topicMetadata.map(withoutWhatMayCome) })
        return metadata
      },
    },
  })
}

const withoutWhatMayCome = (topic: Metadata['topicMetadata'][number]) => ({
  topicErrorCode: MAY_COME.includes(topic.topicErrorCode) ? 0 : topic.topicErrorCode,
  partitionMetadata: topic.partitionMetadata.filter(({ partitionErrorCode }) => !MAY_COME.includes(partitionErrorCode)),
})

const lacksSome = ({ topicMetadata }: Metadata): boolean =>
  topicMetadata.some(
    ({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode !== 0 || partitionMetadata.some(({ partitionErrorCode }) => partitionErrorCode !== 0),
  )
