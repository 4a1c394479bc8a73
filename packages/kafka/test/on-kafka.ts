import { setTimeout as pass } from 'node:timers/promises'
import type { Chunk, Logger, Position, Positions, Source } from '@belfry/core'
import { createKafkaAdmin, uniqueName } from '@belfry/test-services'
import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'

/** Positions in memory. */
export function createPositions(): Positions & { readonly kept: Map<string, Position>; set(position: Position): void } {
  const kept = new Map<string, Position>()
  const place = ({ topic, partition }: Position) => `${partition} ${topic}`
  return {
    kept,
    set: (position) => void kept.set(place(position), position),
    async beginAt(starting) {
      for (const one of starting) if (!kept.has(place(one))) kept.set(place(one), one)
      return starting.flatMap((one) => kept.get(place(one)) ?? [])
    },
    of: async (topics) => [...kept.values()].filter(({ topic }) => topics.includes(topic)),
  }
}

/** What was logged, a sentence each. */
export function createLines(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const say = (_fields: object, sentence: string) => void lines.push(sentence)
  return { lines, logger: { debug() {}, info: say, warn: say, error: say } }
}

/** Clients of the brokers that are not ours, and unique names. */
export interface Clients {
  readonly admin: Admin
  readonly producer: Producer
  readonly kafka: Kafka
  /** Makes a topic of this name, with one partition. */
  createTopic(name: string): Promise<void>
  /** Makes a topic with a name of its own. */
  topic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
  /** Deletes what a partition 0 has below an offset, as retention does. */
  deleteBefore(topic: string, offset: number): Promise<void>
  close(): Promise<void>
}

export async function connectClients(brokers: readonly string[]): Promise<Clients> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const { createTopic } = createKafkaAdmin(brokers, 1)
  const admin = kafka.admin()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await Promise.all([admin.connect(), producer.connect()])
  return {
    admin,
    producer,
    kafka,
    createTopic,
    async topic(partitions = 1, config = {}) {
      const topic = uniqueName()
      await createTopic(topic, { partitions, config })
      return topic
    },
    async deleteBefore(topic, offset) {
      // kafkajs finds the leaders of a topic only after it has fetched its offsets once.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()])
    },
  }
}

export const valuesOf = (chunks: readonly Chunk[]): readonly string[] =>
  chunks.flatMap(({ records }) => records.map(({ value }) => Buffer.from(value ?? []).toString()))

/** Takes records and advances their positions, until something holds of all that was taken. */
export async function takeUntil(
  source: Source,
  positions: ReturnType<typeof createPositions>,
  enough: (taken: readonly Chunk[]) => boolean,
): Promise<readonly Chunk[]> {
  const taken: Chunk[] = []
  while (!enough(taken)) {
    const chunks = await source.take(100)
    if (chunks.length === 0) throw new Error('the source has ended')
    taken.push(...chunks)
    for (const { topic, partition, next } of chunks) {
      const before = positions.kept.get(`${partition} ${topic}`)
      positions.set({ ...before, topic, partition, next })
      source.advance([{ topic, partition, next }])
    }
  }
  return taken
}

/** Waits until something is so. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pass(20)
}
