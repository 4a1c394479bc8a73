import { findKafka, findPrograms, isMissing } from '@belfry/test-services'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { book } from '../src/book.ts'
import { connectProducer } from '../src/connect-producer.ts'
import { createTables } from '../src/create-tables.ts'
import { inTransaction } from '../src/in-transaction.ts'
import { sendOutbox } from '../src/send-outbox.ts'
import { startServices } from './start-services.ts'

const times = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }

/** A service with a schema of its own in the same database, and one booking of which the event is not sent. */
async function serviceIn(url: string, schema: string): Promise<Pool> {
  const pool = new Pool({ connectionString: url, options: `-c search_path=${schema}` })
  await pool.query(`create schema ${schema}`)
  await createTables(pool)
  await inTransaction(pool, (client) => book(client, { bookingId: schema, userId: 'u1', resourceId: 'r1', ...times }))
  return pool
}

describe.skipIf(isMissing(findKafka(), findPrograms()))('two outboxes in one database', () => {
  it('are sent at the same time, and each by one relay at a time', async () => {
    await using services = await startServices()
    const [one, two] = await Promise.all(['one', 'two'].map((schema) => serviceIn(services.postgres.url(), schema)))
    if (one === undefined || two === undefined) throw new Error('there are not two services')
    const [producer, slow] = [await connectProducer(services.kafka), await connectProducer(services.kafka)]
    const [started, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<never[]>()]
    slow.send = () => {
      started.resolve()
      return answered.promise
    }
    const sending = sendOutbox(one, slow, 100)
    await started.promise
    expect(await sendOutbox(one, producer, 100)).toBe(0)
    expect(await sendOutbox(two, producer, 100)).toBe(1)
    answered.resolve([])
    expect(await sending).toBe(1)
    expect(await services.sent('two')).toEqual(['two:created'])
    await Promise.all([producer.disconnect(), slow.disconnect(), one.end(), two.end()])
  })
})
