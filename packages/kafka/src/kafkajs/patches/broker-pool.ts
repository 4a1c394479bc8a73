import type { Kafka } from 'kafkajs'
import type { Broker, Metadata, TopicMetadata } from '../internals/broker.ts'
import { internal, replace, replaceCreateCluster } from '../internals/internals.ts'

const METADATA = 3
/** Kafka's errors of what may come (back): no such topic, no leader, a replica away, no right to see the topic. */
const MAY_COME = [3, 5, 9, 29]
/** Who leads a partition without a leader. */
const NOBODY = '-1'
/** Milliseconds until it is asked whether it has. */
const ASK_AGAIN = 2_000

const patient = new WeakSet<object>()

/** From now on this client lives with topics that are gone and partitions that no broker leads, and asks for them again and again. */
export function tolerateMissingTopics(kafka: Kafka): void {
  replaceCreateCluster(kafka, (create) => (options) => {
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
  replace(
    internal('cluster'),
    'findLeaderForPartitions',
    (find) =>
      function (topic, partitions) {
        const leaders = find.call(this, topic, partitions)
        if (!patient.has(this)) return leaders
        const { [NOBODY]: _unled, ...led } = leaders
        return led
      },
  )
  replace(
    internal('cluster'),
    'fetchTopicsOffset',
    (fetch) =>
      async function (asked) {
        const found = await fetch.call(this, asked)
        // A topic of which nobody leads anything is missed by whoever has asked.
        const silent = asked.filter(({ topic }) => !found.some((one) => one.topic === topic))
        return patient.has(this) ? [...found, ...silent.map(({ topic }) => ({ topic, partitions: [] }))] : found
      },
  )
  replace(
    internal('brokerPool'),
    'refreshMetadata',
    (refresh) =>
      async function (topics) {
        if (!patient.has(this)) return refresh.call(this, topics)
        if (this.seedBroker === undefined) await this.createSeedBroker()
        for (const broker of new Set([this.seedBroker, ...Object.values(this.brokers)]))
          if (broker !== undefined) broker.metadata = () => askPatiently(broker, topics)
        await refresh.call(this, topics)
        if (this.metadata !== null && lacksSome(this.metadata)) this.metadataExpireAt = Date.now() + ASK_AGAIN
      },
  )
}

function askPatiently(broker: Broker, topics: readonly string[]): Promise<Metadata> {
  const { request, response } = broker.lookupRequest(
    METADATA,
    internal('requests').Metadata,
  )({ topics, allowAutoTopicCreation: false })
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

const withoutWhatMayCome = (topic: TopicMetadata): TopicMetadata => ({
  topicErrorCode: MAY_COME.includes(topic.topicErrorCode) ? 0 : topic.topicErrorCode,
  partitionMetadata: topic.partitionMetadata.filter(({ partitionErrorCode }) => !MAY_COME.includes(partitionErrorCode)),
})

const lacksSome = ({ topicMetadata }: Metadata): boolean =>
  topicMetadata.some(
    ({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode !== 0 || partitionMetadata.some(({ partitionErrorCode }) => partitionErrorCode !== 0),
  )
