import { withDeadline } from '@belfry/core/flow'
import type { Kafka } from 'kafkajs'
import type { Broker } from '../kafkajs/internals/broker.ts'
import type { Cluster } from '../kafkajs/internals/cluster.ts'
import { createCluster } from '../kafkajs/internals/internals.ts'
import { partitionName } from './partition-name.ts'
import type { TopicNames } from './topic-names.ts'

/** The offsets that the log of a partition has. */
export interface Bounds {
  /** Its first offset. */
  readonly low: number
  /** Records below this offset can be read; a record at or above it belongs to an open transaction, or follows one. */
  readonly high: number
  /** The offset that the next record gets. */
  readonly end: number
}

/** The bounds of partitions, by topic and partition. */
export type AllBounds = ReadonlyMap<string, ReadonlyMap<number, Bounds>>

/** Reads the bounds of partitions from their leaders, over connections that it keeps. */
export interface LogBounds {
  /**
   * Returns the bounds of every partition of these topics, except those that have no leader, or whose leader does not answer.
   * @throws what kafkajs throws where no broker, or no leader at all, can be reached
   */
  read(topics: readonly string[]): Promise<AllBounds>
  close(): Promise<void>
}

/** A partition, by the name that the brokers have for its topic. */
interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

const [FIRST, NEXT] = ['-2', '-1']
const [ALL, COMMITTED] = [0, 1] as const
/** A leader that hangs delays what is read of the others for at most this long. */
const LEADER_TIMEOUT_MS = 1_000

export function createLogBounds(kafka: Kafka, names: TopicNames): LogBounds {
  let connected: Promise<Cluster> | undefined
  let closed = false
  const connect = async (): Promise<Cluster> => {
    const cluster = createCluster(kafka)
    await cluster.connect()
    return cluster
  }
  const release = async (old: Promise<Cluster> | undefined) => {
    const cluster = await old?.catch(() => undefined)
    await cluster?.disconnect().catch(() => {})
  }

  return {
    async read(topics) {
      // A late call would open a connection that is never closed.
      if (closed) throw new Error('the source is closed')
      connected ??= connect()
      const mine = connected
      try {
        return await readFrom(await mine, topics, names)
      } catch (error) {
        if (connected === mine) connected = undefined
        void release(mine)
        throw error
      }
    },
    async close() {
      closed = true
      const last = connected
      connected = undefined
      await release(last)
    },
  }
}

async function readFrom(cluster: Cluster, topics: readonly string[], names: TopicNames): Promise<AllBounds> {
  const physical = topics.map(names.physical)
  await cluster.addMultipleTargetTopics(physical)
  await cluster.refreshMetadata()
  const led = physical.flatMap((topic) =>
    cluster
      .findTopicPartitionMetadata(topic)
      .filter(({ leader }) => leader >= 0)
      .map(({ partitionId: partition, leader }) => ({ topic, partition, leader })),
  )
  const leaders = [...Map.groupBy(led, ({ leader }) => leader)]
  const results = await Promise.allSettled(
    leaders.map(async ([nodeId, some]) => {
      const found = cluster.findBroker({ nodeId: String(nodeId) }).then((leader) => boundsOf(leader, some))
      return withDeadline(found, LEADER_TIMEOUT_MS, (why) => new Error(`broker ${nodeId}: ${why}`))
    }),
  )
  const answers = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = results.find((one) => one.status === 'rejected')
  if (answers.length === 0 && failed !== undefined) throw failed.reason
  const sorted = answers.flat().sort((a, b) => a.partition - b.partition)
  const byTopic = Map.groupBy(sorted, ({ topic }) => names.logical(topic))
  return new Map(
    topics.map((topic) => [
      topic,
      new Map((byTopic.get(topic) ?? []).map(({ partition, bounds }) => [partition, bounds])),
    ]),
  )
}

/** Reads the bounds of partitions from their leader. */
async function boundsOf(leader: Broker, partitions: readonly TopicPartition[]) {
  const offsetsAt = async (timestamp: string, isolationLevel: 0 | 1): Promise<ReadonlyMap<string, number>> => {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition }) => ({ partition, timestamp })),
    }))
    const { responses } = await leader.listOffsets({ isolationLevel, topics })
    return new Map(
      responses.flatMap(({ topic, partitions: own }) =>
        own.map(({ partition, offset }) => [partitionName({ topic, partition }), Number(offset)] as const),
      ),
    )
  }
  const [low, high, end] = await Promise.all([
    offsetsAt(FIRST, COMMITTED),
    offsetsAt(NEXT, COMMITTED),
    offsetsAt(NEXT, ALL),
  ])
  return partitions.flatMap(({ topic, partition }) => {
    const name = partitionName({ topic, partition })
    const [first, stable, next] = [low.get(name), high.get(name), end.get(name)]
    if (first === undefined || stable === undefined || next === undefined) return []
    return { topic, partition, bounds: { low: first, high: stable, end: next } }
  })
}
