import { Kafka, logLevel } from 'kafkajs'
import type { Stage } from './stage.ts'

/** Joins Belfry's group as somebody who applies nothing, and leaves it at once: everybody's partitions are shared out twice. */
export async function passBy({ kafka, names, usual }: Pick<Stage, 'kafka' | 'names' | 'usual'>): Promise<void> {
  const client = new Kafka({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING })
  const consumer = client.consumer({ groupId: usual.group, rebalanceTimeout: 10_000 })
  const { promise: joined, resolve } = Promise.withResolvers<void>()
  consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: Object.values(names) })
    await consumer.run({ autoCommit: false, eachMessage: async () => {} })
    await joined
  } finally {
    await consumer.disconnect()
  }
}
