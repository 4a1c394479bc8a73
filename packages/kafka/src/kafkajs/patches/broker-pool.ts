import type { Kafka } from 'kafkajs'
import type { Broker, Metadata, TopicMetadata } from '../internals/broker.ts'
import { internal, replace, replaceCreateCluster } from '../internals/internals.ts'

const METADATA = 3
/** Kafka's errors that may pass: no such topic, no leader, a replica away, no right to describe the topic. */
const MISSING_FOR_NOW = [3, 5, 9, 29]
/** The leader of a partition that has none. */
const NO_LEADER = '-1'
/** How long to wait before missing topics and leaders are looked up again. */
const RETRY_MS = 2_000

/** The clusters and broker pools of tolerant clients. */
const tolerant = new WeakSet<object>()

/** Makes this client tolerate missing topics and partitions without a leader: it requests their metadata again every two seconds. */
export function tolerateMissingTopics(kafka: Kafka): void {
  replaceCreateCluster(kafka, (create) => (options) => {
    const cluster = create(options)
    tolerant.add(cluster).add(cluster.brokerPool)
    return cluster
  })
}

/**
 * For kafkajs one deleted topic, or one partition without a leader, made the metadata of all topics an error, and crashed the consumer. A
 * client without topics got the metadata of every topic of the cluster, and failed on those of others too. And requests to leaders were sent
 * to none where one partition had no leader.
 */
export function patchBrokerPool(): void {
  replace(
    internal('cluster'),
    'findLeaderForPartitions',
    (find) =>
      function (topic, partitions) {
        const leaders = find.call(this, topic, partitions)
        if (!tolerant.has(this)) return leaders
        const { [NO_LEADER]: _unled, ...led } = leaders
        return led
      },
  )
  replace(
    internal('cluster'),
    'fetchTopicsOffset',
    (fetch) =>
      async function (topics) {
        const found = await fetch.call(this, topics)
        // The caller expects an entry for each topic, also for one without any leader.
        const unled = topics.filter(({ topic }) => !found.some((one) => one.topic === topic))
        return tolerant.has(this) ? [...found, ...unled.map(({ topic }) => ({ topic, partitions: [] }))] : found
      },
  )
  replace(
    internal('brokerPool'),
    'refreshMetadata',
    (refresh) =>
      async function (topics) {
        if (!tolerant.has(this)) return refresh.call(this, topics)
        if (this.seedBroker === undefined) await this.createSeedBroker()
        for (const broker of new Set([this.seedBroker, ...Object.values(this.brokers)]))
          if (broker !== undefined) broker.metadata = () => readMetadata(broker, topics)
        await refresh.call(this, topics)
        if (this.metadata !== null && hasMissing(this.metadata)) this.metadataExpireAt = Date.now() + RETRY_MS
      },
  )
}

function readMetadata(broker: Broker, topics: readonly string[]): Promise<Metadata> {
  const { request, response } = broker.lookupRequest(
    METADATA,
    internal('requests').Metadata,
  )({ topics, allowAutoTopicCreation: false })
  return broker.connectionPool.send({
    request,
    response: {
      decode: response.decode,
      parse: async (metadata) => {
        await response.parse({ ...metadata, topicMetadata: metadata.topicMetadata.map(withoutMissing) })
        return metadata
      },
    },
  })
}

const withoutMissing = (topic: TopicMetadata): TopicMetadata => ({
  topicErrorCode: MISSING_FOR_NOW.includes(topic.topicErrorCode) ? 0 : topic.topicErrorCode,
  partitionMetadata: topic.partitionMetadata.filter(
    ({ partitionErrorCode }) => !MISSING_FOR_NOW.includes(partitionErrorCode),
  ),
})

const hasMissing = ({ topicMetadata }: Metadata): boolean =>
  topicMetadata.some(
    ({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode !== 0 || partitionMetadata.some(({ partitionErrorCode }) => partitionErrorCode !== 0),
  )
