import type { Kafka } from 'kafkajs'
import { createClusterName } from './create-cluster.ts'
import { inside, replace } from './inside.ts'

/** What is used of kafkajs's metadata. */
interface Metadata {
  readonly topicMetadata: readonly Topic[]
}
interface Topic {
  readonly topicErrorCode: number
  readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[]
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
  /** None after the connection to the last broker that was known has broken. */
  readonly seedBroker: Broker | undefined
  readonly metadata: Metadata | null
  metadataExpireAt: number | null
  createSeedBroker(): Promise<void>
}
type CreateCluster = (options: object) => { readonly brokerPool: BrokerPool }
type Refresh = (this: BrokerPool, topics: readonly string[]) => Promise<void>

const METADATA = 3
/** Kafka's errors of what may come (back): no such topic, no leader, a replica away, no right to see the topic. */
const MAY_COME = [3, 5, 9, 29]
/** Milliseconds until it is asked whether it has. */
const ASK_AGAIN = 2_000

/** What pools live with. */
const patient = new WeakMap<BrokerPool, 'topics' | 'partitions'>()

/** From now on this pool lives with topics that are gone and partitions that no broker leads, and asks for them again and again. */
export const bePatient = (pool: BrokerPool): void => void patient.set(pool, 'topics')

/** From now on the producers of this client live with partitions that no broker leads; a topic that is gone is an error as before. */
export function letProducersBePatient(kafka: Kafka): void {
  replace<CreateCluster>(kafka, createClusterName(kafka), (create) => (options) => {
    const cluster = create(options)
    patient.set(cluster.brokerPool, 'partitions')
    return cluster
  })
}

/** One topic that was deleted, or one partition without a leader, made the metadata of all an error, and with it the consumer end. */
export function mendBrokerPool(): void {
  const definition = inside('protocol/requests', 'requests', 'Metadata')
  replace<Refresh>(
    inside('cluster/brokerPool', 'prototype'),
    'refreshMetadata',
    (refresh) =>
      async function (topics) {
        const lives = patient.get(this)
        if (lives === undefined) return refresh.call(this, topics)
        const without = lives === 'topics' ? withoutWhatMayCome : withoutUnledPartitions
        if (this.seedBroker === undefined) await this.createSeedBroker()
        for (const broker of new Set([this.seedBroker, ...Object.values(this.brokers)]))
          if (broker !== undefined) broker.metadata = () => askPatiently(broker, definition, topics, without)
        await refresh.call(this, topics)
        if (this.metadata !== null && lacksSome(this.metadata)) this.metadataExpireAt = Date.now() + ASK_AGAIN
      },
  )
}

function askPatiently(
  broker: Broker,
  definition: object,
  topics: readonly string[],
  without: (topic: Topic) => Topic,
): Promise<Metadata> {
  const { request, response } = broker.lookupRequest(METADATA, definition)({ topics, allowAutoTopicCreation: false })
  return broker.connectionPool.send({
    request,
    response: {
      decode: response.decode,
      parse: async (metadata) => {
        await response.parse({ ...metadata, topicMetadata: metadata.topicMetadata.map(without) })
        return metadata
      },
    },
  })
}

const withoutWhatMayCome = (topic: Topic): Topic => ({
  ...withoutUnledPartitions(topic),
  topicErrorCode: MAY_COME.includes(topic.topicErrorCode) ? 0 : topic.topicErrorCode,
})
const withoutUnledPartitions = (topic: Topic): Topic => ({
  topicErrorCode: topic.topicErrorCode,
  partitionMetadata: topic.partitionMetadata.filter(({ partitionErrorCode }) => !MAY_COME.includes(partitionErrorCode)),
})

const lacksSome = ({ topicMetadata }: Metadata): boolean =>
  topicMetadata.some(
    ({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode !== 0 || partitionMetadata.some(({ partitionErrorCode }) => partitionErrorCode !== 0),
  )
