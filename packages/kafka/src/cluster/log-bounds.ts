import { withDeadline } from '@belfry/core/flow'
import type { Kafka } from 'kafkajs'
import type { Broker } from '../kafkajs/internals/broker.ts'
import type { Cluster } from '../kafkajs/internals/cluster.ts'
import { createCluster } from '../kafkajs/internals/internals.ts'
import { partitionName } from './partition-name.ts'
import type { TopicNames } from './topic-names.ts'

/** What a partition holds. */
export interface Bounds {
  /** Its first offset. */
  readonly low: number
  /** Before this one it can be read: what follows belongs to transactions that are open, or came after one. */
  readonly high: number
  /** The offset that the next record gets. */
  readonly end: number
}

/** What partitions hold, by topic and partition. */
export type AllBounds = ReadonlyMap<string, ReadonlyMap<number, Bounds>>

/** Asks those who lead partitions what these hold, over connections that it keeps. */
export interface LogBounds {
  /**
   * What every partition of these topics holds, save those that nobody leads, or whose leader does not answer.
   * @throws what kafkajs throws where no broker, or no leader at all, can be asked
   */
  read(topics: readonly string[]): Promise<AllBounds>
  close(): Promise<void>
}

/** A partition, by the name of its topic that the brokers know. */
interface Place {
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
  const letGo = async (old: Promise<Cluster> | undefined) => {
    const cluster = await old?.catch(() => undefined)
    await cluster?.disconnect().catch(() => {})
  }

  return {
    async read(topics) {
      // Whoever asks late would leave a connection that nobody closes.
      if (closed) throw new Error('it is closed')
      connected ??= connect()
      const mine = connected
      try {
        return await readFrom(await mine, topics, names)
      } catch (error) {
        if (connected === mine) connected = undefined
        void letGo(mine)
        throw error
      }
    },
    async close() {
      closed = true
      const last = connected
      connected = undefined
      await letGo(last)
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
  const asked = await Promise.allSettled(
    leaders.map(async ([nodeId, some]) => {
      const found = cluster.findBroker({ nodeId: String(nodeId) }).then((leader) => boundsOf(leader, some))
      return withDeadline(found, LEADER_TIMEOUT_MS, (why) => new Error(`broker ${nodeId}: ${why}`))
    }),
  )
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = asked.find((one) => one.status === 'rejected')
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

/** Asks a broker what partitions hold that it leads. */
async function boundsOf(leader: Broker, places: readonly Place[]) {
  const ask = async (timestamp: string, isolationLevel: 0 | 1): Promise<ReadonlyMap<string, number>> => {
    const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, some]) => ({
      ...{ topic, partitions: some.map(({ partition }) => ({ partition, timestamp })) },
    }))
    const { responses } = await leader.listOffsets({ isolationLevel, topics })
    return new Map(
      responses.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [partitionName({ topic, partition }), Number(offset)] as const),
      ),
    )
  }
  const [low, high, end] = await Promise.all([ask(FIRST, COMMITTED), ask(NEXT, COMMITTED), ask(NEXT, ALL)])
  return places.flatMap(({ topic, partition }) => {
    const name = partitionName({ topic, partition })
    const [first, stable, next] = [low.get(name), high.get(name), end.get(name)]
    if (first === undefined || stable === undefined || next === undefined) return []
    return { topic, partition, bounds: { low: first, high: stable, end: next } }
  })
}
