import { setTimeout as pass } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'

/** The shape of a topic that is made: one partition, replicated as the admin was told, and the brokers' own settings where nothing is said. */
export interface NewTopic {
  readonly partitions?: number
  /** Instead of `partitions`: the brokers, counted from one, that have each of them; the first leads. */
  readonly replicas?: readonly (readonly number[])[]
  readonly config?: Readonly<Record<string, string>>
}

/** What operators do with topics. */
export interface KafkaAdmin {
  /**
   * Makes a topic, and resolves when it can be written. One of that name that is there is waited for to go.
   */
  createTopic(name: string, more?: NewTopic): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Lets a topic have so many partitions. */
  addPartitions(name: string, count: number): Promise<void>
  /** Deletes what a partition has below an offset, as retention does. */
  deleteRecords(name: string, partition: number, before: number): Promise<void>
  /** Whether so many brokers answer. */
  answers(brokers: number): Promise<boolean>
}

/** An admin of these brokers, connected anew for each call: kafkajs does not get over a topic that is gone. */
export function createKafkaAdmin(bootstrap: readonly string[], replicas: number): KafkaAdmin {
  const use = async <T>(call: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 2 } }).admin()
    await admin.connect()
    try {
      return await call(admin)
    } finally {
      await admin.disconnect()
    }
  }
  return {
    async createTopic(topic, { partitions = 1, replicas: assigned, config = {} } = {}) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      const replicaAssignment = assigned?.map((some, partition) => ({ partition, replicas: [...some] }))
      const shape =
        replicaAssignment === undefined
          ? { numPartitions: partitions, replicationFactor: replicas }
          : { replicaAssignment }
      const made = { topic, configEntries, ...shape }
      // kafkajs waits for leaders only where the broker that it asks has heard of the topic already; where it has not, it throws.
      while (!(await use((admin) => admin.createTopics({ waitForLeaders: false, topics: [made] })))) await pass(20)
      const count = assigned?.length ?? partitions
      while (!(await use((admin) => isLed(admin, topic, count)).catch(() => false))) await pass(20)
    },
    deleteTopic: (name) => use((admin) => admin.deleteTopics({ topics: [name] })),
    async addPartitions(topic, count) {
      await use((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }))
    },
    deleteRecords: (topic, partition, before) =>
      use(async (admin) => {
        // Whoever has not asked for a topic's leaders before does not find them.
        await admin.fetchTopicOffsets(topic)
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
      }),
    async answers(brokers) {
      try {
        const found = await use((admin) => admin.describeCluster())
        return found.brokers.length >= brokers && found.controller !== null
      } catch {
        return false
      }
    },
  }
}

/** Whether each of so many partitions has a leader that knows it is one, which brokers do a little later than they say so; else it may throw. */
async function isLed(admin: Admin, topic: string, count: number): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const led = topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader >= 0)
  return led.length === count && (await admin.fetchTopicOffsets(topic)).length === count
}
