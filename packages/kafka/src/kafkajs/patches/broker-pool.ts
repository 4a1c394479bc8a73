import type { Kafka } from 'kafkajs'
import { createClusterName } from '../create-cluster.ts'
import { inside, replace } from '../internals.ts'

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
interface BrokerPool {
  readonly brokers: Readonly<Record<string, Broker>>
  /** None after the connection to the last broker that was known has broken. */
  readonly seedBroker: Broker | undefined
  readonly metadata: Metadata | null
  metadataExpireAt: number | null
  createSeedBroker(): Promise<void>
}
type CreateCluster = (options: object) => { readonly brokerPool: BrokerPool }
type FindLeaders = (
  this: object,
  topic: string,
  partitions: readonly number[],
) => Readonly<Record<string, readonly number[]>>
type FetchOffsets = (
  this: object,
  topics: readonly { readonly topic: string }[],
) => Promise<readonly { readonly topic: string; readonly partitions: readonly object[] }[]>
type Refresh = (this: BrokerPool, topics: readonly string[]) => Promise<void>

const METADATA = 3
/** Kafka's errors of what may come (back): no such topic, no leader, a replica away, no right to see the topic. */
const MAY_COME = [3, 5, 9, 29]
/** Who leads a partition without a leader. */
const NOBODY = '-1'
/** Milliseconds until it is asked whether it has. */
const ASK_AGAIN = 2_000

const patient = new WeakSet<object>()

/** From now on this client lives with topics that are gone and partitions that no broker leads, and asks for them again and again. */
export function letBePatient(kafka: Kafka): void {
  replace<CreateCluster>(kafka, createClusterName(kafka), (create) => (options) => {
    const cluster = create(options)
    patient.add(cluster).add(cluster.brokerPool)
    return cluster
  })
}

/**
 * One topic that was deleted, or one partition without a leader, made the metadata of all an error, and with it the consumer end. Whoever
 * had named no topic yet was told of all that the cluster has: what was wrong with those of others was an error too. And what was asked
 * of leaders was asked of none where one partition had none.
 */
export function patchBrokerPool(): void {
  replace<FindLeaders>(
    inside('cluster', 'prototype'),
    'findLeaderForPartitions',
    (find) =>
      function (topic, partitions) {
        const leaders = find.call(this, topic, partitions)
        if (!patient.has(this)) return leaders
        const { [NOBODY]: _unled, ...led } = leaders
        return led
      },
  )
  replace<FetchOffsets>(
    inside('cluster', 'prototype'),
    'fetchTopicsOffset',
    (fetch) =>
      async function (asked) {
        const found = await fetch.call(this, asked)
        // A topic of which nobody leads anything is missed by whoever has asked.
        const silent = asked.filter(({ topic }) => !found.some((one) => one.topic === topic))
        return patient.has(this) ? [...found, ...silent.map(({ topic }) => ({ topic, partitions: [] }))] : found
      },
  )
  const definition = inside('protocol/requests', 'requests', 'Metadata')
  replace<Refresh>(
    inside('cluster/brokerPool', 'prototype'),
    'refreshMetadata',
    (refresh) =>
      async function (topics) {
        if (!patient.has(this)) return refresh.call(this, topics)
        if (this.seedBroker === undefined) await this.createSeedBroker()
        for (const broker of new Set([this.seedBroker, ...Object.values(this.brokers)]))
          if (broker !== undefined) broker.metadata = () => askPatiently(broker, definition, topics)
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

const withoutWhatMayCome = (topic: Topic): Topic => ({
  topicErrorCode: MAY_COME.includes(topic.topicErrorCode) ? 0 : topic.topicErrorCode,
  partitionMetadata: topic.partitionMetadata.filter(({ partitionErrorCode }) => !MAY_COME.includes(partitionErrorCode)),
})

const lacksSome = ({ topicMetadata }: Metadata): boolean =>
  topicMetadata.some(
    ({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode !== 0 || partitionMetadata.some(({ partitionErrorCode }) => partitionErrorCode !== 0),
  )
