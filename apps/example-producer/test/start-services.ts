import { startKafka, startPostgres } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { Pool } from 'pg'
import { readTopic } from './read-topic.ts'

/** Starts a Postgres and a Kafka with the topic of bookings. A test may stop both. */
export async function startServices() {
  const postgres = await startPostgres()
  const server = await startKafka()
  await server.createTopic('booking', { partitions: 6 })
  const kafka = new Kafka({ brokers: [...server.bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 2 } })
  const pool = new Pool({ connectionString: postgres.url() })
  pool.on('error', () => {})
  return {
    postgres,
    server,
    kafka,
    pool,
    /** The ids of a booking's events in Kafka, in order. */
    async sent(bookingId: string): Promise<readonly string[]> {
      const records = await readTopic(kafka, 'booking')
      return records.flatMap(({ key, headers }) => (String(key) === bookingId ? (headers.ce_id ?? '') : []))
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await server[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
