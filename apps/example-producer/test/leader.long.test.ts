import { findKafka, findPrograms, isMissing, startKafka, startPostgres } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { book } from '../src/book.ts'
import { connectProducer } from '../src/connect-producer.ts'
import { createTables } from '../src/create-tables.ts'
import { inTransaction } from '../src/in-transaction.ts'
import { sendOutbox } from '../src/send-outbox.ts'

describe.skipIf(isMissing(findKafka(), findPrograms()))('the outbox', () => {
  it('is sent as a whole, also where a leader has moved to a broker that answers for another partition', async () => {
    await using server = await startKafka({ brokers: 3 })
    await using postgres = await startPostgres()
    const pool = new Pool({ connectionString: await postgres.createDatabase('outbox') })
    await createTables(pool)
    const kafka = new Kafka({ brokers: [...server.bootstrap], logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    const topic = 'booking'
    await server.createTopic(topic, { replicas: [[1], [2]] })
    const producer = await connectProducer(kafka)
    const times = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
    /** Takes twenty bookings; both partitions have some of them. */
    const take = (round: number) =>
      inTransaction(pool, async (client) => {
        for (let index = 0; index < 20; index++)
          await book(client, { bookingId: `${round}-${index}`, userId: 'u1', resourceId: 'r1', ...times })
      })
    const sum = async () => (await admin.fetchTopicOffsets(topic)).reduce((all, { high }) => all + Number(high), 0)
    await take(1)
    expect(await sendOutbox(pool, producer, 100)).toBe(20)
    expect(await sum()).toBe(20)
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [1] }] }],
    })
    const leader = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.find(({ partitionId }) => partitionId === 1)?.leader
    }
    await expect.poll(leader).toBe(1)
    await take(2)
    expect(await sendOutbox(pool, producer, 100)).toBe(20)
    expect(await sum()).toBe(40)
    await Promise.all([producer.disconnect(), admin.disconnect(), pool.end()])
  })
})
