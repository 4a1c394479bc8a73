import { setTimeout as pass } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'

/** The options of a new topic. By default it has one partition, the replicas of the admin, and the settings of the brokers. */
export interface NewTopic {
  readonly partitions?: number
  /** Instead of `partitions`: for each partition the brokers that have it, counted from one; the first is the leader. */
  readonly replicas?: readonly (readonly number[])[]
  readonly config?: Readonly<Record<string, string>>
}

/** The operations of an administrator on topics. */
export interface KafkaAdmin {
  /** Creates a topic and resolves once it can be written. If a topic of that name still exists, it waits until that is deleted. */
  createTopic(name: string, more?: NewTopic): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Increases the number of a topic's partitions to `count`. */
  addPartitions(name: string, count: number): Promise<void>
  /** Deletes the records of a partition below an offset, as retention does. */
  deleteRecords(name: string, partition: number, before: number): Promise<void>
  /** Returns whether at least this many brokers, and a controller, answer. */
  answers(brokers: number): Promise<boolean>
}

/** Creates an admin of these brokers. It connects for each call, because an admin of kafkajs stays unusable after a topic was deleted. */
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
      // `waitForLeaders` of kafkajs throws if the broker that it queries has not learned of the topic yet.
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
        // kafkajs finds the leaders of a topic only after it has fetched its offsets.
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

/** Whether each of `count` partitions has a leader that acts as one, which is a little later than the metadata names it. May throw before that. */
async function isLed(admin: Admin, topic: string, count: number): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const led = topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader >= 0)
  return led.length === count && (await admin.fetchTopicOffsets(topic)).length === count
}
