import { randomUUID } from 'node:crypto'
import type { KafkaRecord } from '@belfry/contracts'
import type { Kafka } from 'kafkajs'

/** Reads all records of a topic, each partition in its order, with a client that has no part of Belfry. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
): Promise<readonly (KafkaRecord & { readonly partition: number })[]> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect())
  const count = offsets.reduce((total, { high, low }) => total + Number(high) - Number(low), 0)
  const records: (KafkaRecord & { partition: number })[] = []
  if (count === 0) return records
  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 })
  const { promise: all, resolve } = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    async eachMessage({ partition, message: { key, value, headers = {}, timestamp } }) {
      const texts = Object.entries(headers).map(([name, bytes]) => [name, String(bytes)])
      records.push({ partition, key, value, headers: Object.fromEntries(texts), timestamp: Number(timestamp) })
      if (records.length === count) resolve()
    },
  })
  await all
  await consumer.disconnect()
  return records
}
