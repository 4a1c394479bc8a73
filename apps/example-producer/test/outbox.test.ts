import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { allContracts, decodeRecord } from '@belfry/contracts'
import { findKafka, findPrograms, isMissing } from '@belfry/test-services'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { book } from '../src/book.ts'
import { cancelBooking } from '../src/cancel-booking.ts'
import { createRelay } from '../src/create-relay.ts'
import { createTables } from '../src/create-tables.ts'
import { inTransaction } from '../src/in-transaction.ts'
import { moveBooking } from '../src/move-booking.ts'
import { readTopic } from './read-topic.ts'
import { startMain } from './start-main.ts'
import { startServices } from './start-services.ts'

const contracts = new Map(allContracts.map((contract) => [contract.type, contract]))

const times = (hour: number) => ({ startsAt: `2030-05-05T${hour}:00:00Z`, endsAt: `2030-05-05T${hour + 1}:00:00Z` })
const booking = (bookingId: string) => ({ bookingId, userId: 'u1', resourceId: 'r1', ...times(10) })

describe.skipIf(isMissing(findKafka(), findPrograms()))('a booking', () => {
  let services: Awaited<ReturnType<typeof startServices>>
  beforeAll(async () => {
    services = await startServices()
    await createTables(services.pool)
  })
  afterAll(() => services?.[Symbol.asyncDispose]())

  const take = (bookingId: string) => inTransaction(services.pool, (client) => book(client, booking(bookingId)))
  const move = (bookingId: string, hour: number) =>
    inTransaction(services.pool, (client) => moveBooking(client, bookingId, times(hour)))
  const cancel = (bookingId: string) => inTransaction(services.pool, (client) => cancelBooking(client, bookingId))
  const inOutbox = async () => (await services.pool.query('select key from outbox order by position')).rows
  /** A relay that is closed after the test, and the errors that it has reported. */
  const relaying = () => {
    const errors: unknown[] = []
    const relay = createRelay({ ...services, onError: (error) => errors.push(error) })
    return { errors, [Symbol.asyncDispose]: () => relay.close() }
  }

  it('that is rolled back sends nothing', async () => {
    const undone = inTransaction(services.pool, async (client) => {
      await book(client, booking('undone'))
      throw new Error('the payment has failed')
    })
    await expect(undone).rejects.toThrow('the payment has failed')
    await take('done')
    await using _relay = relaying()
    await expect.poll(() => services.sent('done')).toEqual(['done:created'])
    expect(await services.sent('undone')).toEqual([])
  })

  it('that no contract lets pass is not taken', async () => {
    const wrong = { ...booking('wrong'), endsAt: '2030-05-05T09:00:00Z' }
    await expect(inTransaction(services.pool, (client) => book(client, wrong))).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    })
    await take('short')
    await expect(
      inTransaction(services.pool, (client) => moveBooking(client, 'short', { ...times(10), endsAt: 'soon' })),
    ).rejects.toMatchObject({ code: 'EVENT_INVALID' })
    const { rows } = await services.pool.query(`select version from booking where booking_id in ('wrong', 'short')`)
    expect(rows).toEqual([{ version: 1 }])
  })

  it('keeps the order of its events under simultaneous changes, with two relays that take turns', async () => {
    await using first = relaying()
    await using second = relaying()
    const names = ['a', 'b', 'c', 'd']
    const wanted = (name: string) => [
      `${name}:created`,
      ...Array.from({ length: 8 }, (_, index) => `${name}:updated:${index + 2}`),
      `${name}:cancelled`,
    ]
    await Promise.all(
      names.map(async (name) => {
        await take(name)
        await Promise.all([11, 12, 13, 14, 15, 16, 17, 18].map((hour) => move(name, hour)))
        await cancel(name)
      }),
    )
    for (const name of names) await expect.poll(() => services.sent(name)).toEqual(wanted(name))
    expect([await inOutbox(), first.errors, second.errors]).toEqual([[], [], []])
  })

  it('that commits late is sent after others, and not left behind', async () => {
    await using _relay = relaying()
    await inTransaction(services.pool, async (client) => {
      await book(client, booking('late'))
      await take('early')
      await expect.poll(() => services.sent('early')).toEqual(['early:created'])
      expect(await services.sent('late')).toEqual([])
    })
    await expect.poll(() => services.sent('late')).toEqual(['late:created'])
  })

  it('is told as it was and is, in the words of the contracts', async () => {
    await take('told')
    await move('told', 11)
    await cancel('told')
    await using _relay = relaying()
    await expect.poll(async () => (await services.sent('told')).length).toBe(3)
    const records = (await readTopic(services.kafka, 'booking')).filter(({ key }) => String(key) === 'told')
    const said = { source: '/booking-service', time: expect.any(String) }
    expect(records.map((record) => decodeRecord(record, contracts))).toMatchObject([
      { kind: 'event', event: { ...said, type: 'booking.created', data: booking('told') } },
      {
        kind: 'event',
        event: {
          ...said,
          type: 'booking.updated',
          data: {
            ...times(11),
            previous: { startsAt: '2030-05-05T10:00:00.000Z', endsAt: '2030-05-05T11:00:00.000Z' },
          },
        },
      },
      { kind: 'event', event: { ...said, type: 'booking.cancelled', data: { startsAt: '2030-05-05T11:00:00.000Z' } } },
    ])
  })

  it('is sent again as the same event, where the relay is killed before it has deleted it', async () => {
    await take('twice')
    // While this lock is held, others can read the outbox but delete nothing.
    const holder = await services.pool.connect()
    onTestFailed(() => holder.release(true))
    await holder.query('begin; lock table outbox in share mode')
    await using killed = await startMain(services.postgres.url(), services.server.bootstrap)
    await expect.poll(() => services.sent('twice')).toEqual(['twice:created'])
    expect(await killed.end('SIGKILL')).toBe('SIGKILL')
    await holder.query('rollback')
    holder.release()
    await using _relay = relaying()
    await expect.poll(() => services.sent('twice')).toEqual(['twice:created', 'twice:created'])
    await expect.poll(inOutbox).toEqual([])
    const records = (await readTopic(services.kafka, 'booking')).filter(({ key }) => String(key) === 'twice')
    const [first, again] = records.map((record) => decodeRecord(record, contracts))
    // Belfry recognises an event by its source and id; here all of it is equal.
    expect(first).toMatchObject({ kind: 'event', event: { source: '/booking-service', id: 'twice:created' } })
    expect(again).toEqual(first)
  })

  it('is taken while Kafka is away, and sent later', async () => {
    await using relay = relaying()
    await services.server.stop()
    await take('waiting')
    await move('waiting', 11)
    await expect.poll(() => relay.errors.length).toBeGreaterThan(0)
    expect(await inOutbox()).toHaveLength(2)
    await services.server.start()
    await expect.poll(inOutbox).toEqual([])
    await expect.poll(() => services.sent('waiting')).toEqual(['waiting:created', 'waiting:updated:2'])
  })

  it('is sent also where Postgres goes away while the relay waits for Kafka', async () => {
    await using relay = relaying()
    await take('whole')
    await expect.poll(inOutbox).toEqual([])
    using _thaw = { [Symbol.dispose]: () => services.server.freeze(false) }
    services.server.freeze(true)
    await take('cut')
    const waiting = `select 1 from pg_stat_activity where state = 'idle in transaction'`
    await expect.poll(async () => (await services.pool.query(waiting)).rowCount).toBe(1)
    await services.postgres.stop()
    services.server.freeze(false)
    await expect.poll(() => relay.errors.length).toBeGreaterThan(0)
    await services.postgres.start()
    await expect.poll(inOutbox).toEqual([])
    expect(new Set(await services.sent('cut'))).toEqual(new Set(['cut:created']))
  })

  it('comes in over HTTP, is moved and is cancelled, as the README shows', async () => {
    await using main = await startMain(services.postgres.url(), services.server.bootstrap)
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const shown = /```sh\n(.*?)```/s.exec(readme)?.[1] ?? ''
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      shown.replaceAll('http://127.0.0.1:3000/bookings', main.url),
    ])
    expect(stdout).toBe('')
    await expect.poll(() => services.sent('b1')).toEqual(['b1:created', 'b1:updated:2', 'b1:cancelled'])
    expect(await main.end('SIGTERM')).toBe(0)
  })

  it('is sent by the Node that the README and package.json name', async () => {
    const read = (file: string) => readFile(new URL(`../${file}`, import.meta.url), 'utf8')
    const [, named] = /runs\son Node (\d+)/.exec(await read('README.md')) ?? []
    expect(JSON.parse(await read('package.json')).engines).toEqual({ node: `>=${named}` })
    expect(process.versions.node.split('.')[0]).toBe(named)
  })

  it('over HTTP is refused where it is wrong, is there already, or is not there', async () => {
    await using main = await startMain(services.postgres.url(), services.server.bootstrap)
    const send = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${main.url}${path}`, { method, ...(body !== undefined && { body }) })
      return { status: response.status, text: await response.text() }
    }
    expect(await send('POST', '', '{ "bookingId": "h" }')).toMatchObject({
      status: 400,
      text: expect.stringContaining('userId'),
    })
    expect((await send('POST', '', 'no JSON')).status).toBe(400)
    expect(await send('POST', '', JSON.stringify(booking('h')))).toEqual({ status: 201, text: '' })
    expect((await send('POST', '', JSON.stringify(booking('h')))).status).toBe(409)
    expect((await send('PATCH', '/nobody', JSON.stringify(times(11)))).status).toBe(404)
    expect((await send('DELETE', '/h')).status).toBe(204)
    expect((await send('DELETE', '/h')).status).toBe(404)
  })
})
