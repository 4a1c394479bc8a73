import { readFile } from 'node:fs/promises'
import { findKafka, findPrograms, isMissing } from '@belfry/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addToOutbox } from '../src/add-to-outbox.ts'
import { book } from '../src/book.ts'
import { createRelay } from '../src/create-relay.ts'
import { createTables } from '../src/create-tables.ts'
import { inTransaction } from '../src/in-transaction.ts'
import { readTopic } from './read-topic.ts'
import { startServices } from './start-services.ts'

const [ofTheOldest = '', ofTheParked = '', sendAgain = ''] = [
  ...(await readFile(new URL('../README.md', import.meta.url), 'utf8')).matchAll(/```sql\n(.*?)```/gs),
].map(([, sql]) => sql)

describe.skipIf(isMissing(findKafka(), findPrograms()))('an event that Kafka refuses', () => {
  let services: Awaited<ReturnType<typeof startServices>>
  beforeAll(async () => {
    services = await startServices()
    await createTables(services.pool)
    await services.server.createTopic('small', { config: { 'max.message.bytes': '1000' } })
  })
  afterAll(() => services?.[Symbol.asyncDispose]())

  const add = (topic: string, key: string, value: string, headers: Record<string, string> = {}) =>
    inTransaction(services.pool, (client) => addToOutbox(client, { topic, messages: [{ topic, key, value, headers }] }))
  const take = (bookingId: string) =>
    inTransaction(services.pool, (client) =>
      book(client, {
        bookingId,
        userId: 'u1',
        resourceId: 'r1',
        startsAt: '2030-05-05T10:00:00Z',
        endsAt: '2030-05-05T11:00:00Z',
      }),
    )
  const query = async (sql: string) => (await services.pool.query(sql)).rows
  const waiting = () => query('select topic, key, tries, parked from outbox order by position')
  /** Each value once: the batch of a refused event is sent again one by one. */
  const valuesIn = async (topic: string) => {
    const records = await readTopic(services.kafka, topic)
    return [...new Set(records.map(({ key, value }) => `${String(key)}: ${String(value)}`))]
  }
  const isSent = async (bookingId: string) => (await services.sent(bookingId)).length > 0
  /** A relay that is closed after the test, and what it has reported. */
  const relaying = () => {
    const reports: string[] = []
    const relay = createRelay({ ...services, onError: (error) => reports.push(String(error)) })
    return { reports, [Symbol.asyncDispose]: () => relay.close() }
  }
  /** The positions of what is parked, which are then sent again, as the README has it. */
  const sendParkedAgain = async () => {
    for (const { position } of await query(ofTheParked)) await query(sendAgain.replace(/\b17\b/, position))
  }

  it('is parked after three tries with its place in the log; others are sent, and what comes after it waits', async () => {
    await add('small', 'k1', 'x'.repeat(2_000))
    await add('small', 'k1', 'after it')
    await add('small', 'k2', 'beside it')
    await take('of another topic')
    await using relay = relaying()
    await expect.poll(waiting).toEqual([
      { topic: 'small', key: 'k1', tries: 3, parked: 'key' },
      { topic: 'small', key: 'k1', tries: 0, parked: null },
    ])
    expect(await valuesIn('small')).toEqual(['k2: beside it'])
    expect(await isSent('of another topic')).toBe(true)
    const [{ position }] = await query(ofTheParked)
    const place = `position ${position} of the outbox, topic small, key k1: `
    expect(relay.reports.filter((line) => line.includes(place))).toEqual([
      expect.stringMatching(/try 1 of 3/),
      expect.stringMatching(/try 2 of 3/),
      expect.stringMatching(/It is parked: the later events of its key wait.*try 3 of 3/),
    ])
    await add('small', 'k1', 'the last')
    await take('taken later')
    await expect.poll(() => isSent('taken later')).toBe(true)
    expect(await valuesIn('small')).toEqual(['k2: beside it'])

    // It is corrected and sent again.
    await services.pool.query(`update outbox set value = 'shorter' where position = $1`, [position])
    await sendParkedAgain()
    await expect.poll(waiting).toEqual([])
    expect(await valuesIn('small')).toEqual(['k2: beside it', 'k1: shorter', 'k1: after it', 'k1: the last'])
  })

  it('because its topic is missing holds back this topic alone, and is sent once there is one', async () => {
    for (const key of ['k1', 'k2', 'k3']) await add('missing', key, 'x')
    await take('beside it')
    await using relay = relaying()
    const rest = { topic: 'missing', tries: 0, parked: null }
    await expect.poll(waiting, { timeout: 60_000 }).toEqual([
      { ...rest, key: 'k1', tries: 3, parked: 'topic' },
      { ...rest, key: 'k2' },
      { ...rest, key: 'k3' },
    ])
    expect(await isSent('beside it')).toBe(true)
    expect(relay.reports.at(-1)).toMatch(/topic missing, key k1: .* It is parked: the later events of its topic wait/)
    await services.server.createTopic('missing')
    await sendParkedAgain()
    await expect.poll(waiting).toEqual([])
    expect(await valuesIn('missing')).toEqual(['k1: x', 'k2: x', 'k3: x'])
  })

  it('because a header is not a text is parked', async () => {
    await services.pool.query(
      `insert into outbox (topic, key, value, headers) values ('small', 'k9', 'x', '{"ce_id": 1}')`,
    )
    await using _relay = relaying()
    await expect.poll(waiting).toEqual([{ topic: 'small', key: 'k9', tries: 3, parked: 'key' }])
    await query('delete from outbox')
  })

  it('is not one that brokers do not answer: no try counts while Kafka is away', async () => {
    await using relay = relaying()
    await take('before')
    await expect.poll(() => isSent('before')).toBe(true)
    await services.server.stop()
    await take('while it is away')
    await expect.poll(() => relay.reports.length, { timeout: 60_000 }).toBeGreaterThan(3)
    expect(await waiting()).toEqual([{ topic: 'booking', key: 'while it is away', tries: 0, parked: null }])
    // The first try was a send over the connection that broke.
    expect(relay.reports[0]).toMatch(/position \d+ of the outbox, topic booking, key while it is away/)
    const [oldest] = await query(ofTheOldest)
    expect(oldest).toMatchObject({ topic: 'booking', key: 'while it is away', age: expect.anything() })
    await services.server.start()
    await expect.poll(waiting).toEqual([])
    expect(await query(ofTheOldest)).toEqual([])
  })
})
