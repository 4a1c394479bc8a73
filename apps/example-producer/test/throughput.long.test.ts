import { findKafka, findPrograms, isMissing } from '@belfry/test-services'
import type { Producer } from 'kafkajs'
import type { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { connectProducer } from '../src/connect-producer.ts'
import { createTables } from '../src/create-tables.ts'
import { sendOutbox } from '../src/send-outbox.ts'
import { startServices } from './start-services.ts'

const EVENTS = 2_000
const ROUNDS = 7
const BATCH = 100
const value = JSON.stringify({
  bookingId: 'b',
  userId: 'u1',
  resourceId: 'r1',
  resourceName: 'Room 1',
  note: 'x'.repeat(150),
})
const headers = { ce_specversion: '1.0', ce_type: 'booking.created', ce_source: '/booking-service', ce_id: 'b:created' }

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN

/** How many events a second the outbox sends that has this many keys. */
async function rateOfOutbox(pool: Pool, producer: Producer, keys: number): Promise<number> {
  await pool.query(
    `insert into outbox (topic, key, value, headers) select 'booking', 'b' || n % $1, $2, $3 from generate_series(1, $4) as n`,
    [keys, value, headers, EVENTS],
  )
  const since = performance.now()
  let sent = 0
  while (sent < EVENTS) sent += await sendOutbox(pool, producer, BATCH)
  return Math.round((EVENTS * 1_000) / (performance.now() - since))
}

/** How many events a second the same producer sends without an outbox, in one call for each batch. */
async function rateOfKafkajs(producer: Producer, keys: number): Promise<number> {
  const since = performance.now()
  for (let first = 0; first < EVENTS; first += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      key: `b${(first + index) % keys}`,
      value,
      headers,
    }))
    await producer.send({ topic: 'booking', acks: -1, messages })
  }
  return Math.round((EVENTS * 1_000) / (performance.now() - since))
}

describe.skipIf(isMissing(findKafka(), findPrograms()))('the relay', () => {
  it('sends as many events a second as are printed here, beside kafkajs alone', async () => {
    await using services = await startServices()
    await createTables(services.pool)
    const producer = await connectProducer(services.kafka)
    for (const keys of [1, 10, 1_000]) {
      const outbox: number[] = []
      const kafkajs: number[] = []
      const ratios: number[] = []
      // One after the other, so that what else the machine does slows both. The first round is not counted.
      for (let round = 0; round <= ROUNDS; round++) {
        const rates = [await rateOfOutbox(services.pool, producer, keys), await rateOfKafkajs(producer, keys)] as const
        if (round === 0) continue
        outbox.push(rates[0])
        kafkajs.push(rates[1])
        ratios.push(rates[0] / rates[1])
      }
      const line = `${keys} keys: ${median(outbox).toFixed()} events a second, kafkajs alone ${median(kafkajs).toFixed()}`
      console.log(`${line}, ratio ${median(ratios).toFixed(2)}`)
    }
    expect((await services.pool.query('select from outbox')).rowCount).toBe(0)
    await producer.disconnect()
  })
})
