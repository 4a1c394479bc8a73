import { encodeRecord } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import { describe, expect, it } from 'vitest'
import {
  type Chunk,
  createHost,
  createIntake,
  createRetry,
  definePlugin,
  type Envelopes,
  type NewRecord,
  type Source,
} from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const pluginOf = (id: string) =>
  definePlugin({
    id,
    events: { bookingCreated: booking.bookingCreated },
    messages: { told: { title: '{id}', body: '' } },
    on: { bookingCreated: ({ data, id: event }, { notify }) => [notify.told(data.userId, { id: `${id} ${event}` })] },
  })
const host = createHost({ plugins: [pluginOf('p'), pluginOf('q')] })
const clock = () => Date.parse('2026-05-01T09:00:00Z')
const booked = (id: string) => encodeRecord(bookingCreatedBy('u1', { id, bookingId: id }), booking.bookingCreated)
const plain = (value: string): NewRecord => ({ topic: 'booking', key: 'k', value, headers: {} })

/** An intake that has begun, on a store and a log that a test may look into. */
async function running({
  envelopes,
  wrap = () => ({}),
  onQuarantined = () => {},
}: {
  onQuarantined?: () => void
  envelopes?: Envelopes
  wrap?: (source: Source) => Partial<Source>
} = {}) {
  const store = createMemoryStore({ render: host.render, clock })
  const eventLog = createMemoryEventLog({ clock })
  const source = { ...eventLog.source, ...wrap(eventLog.source) }
  const intake = createIntake({
    source,
    store,
    host,
    clock,
    onQuarantined,
    onApplied: () => {},
    ...(envelopes && { envelopes }),
  })
  const titles = async () =>
    (await store.inboxes.page('u1', { limit: 200, filter: 'all' })).items.map(({ title }) => title).reverse()
  const letters = async () => (await store.deadLetters.list({ limit: 200 })).map(({ code, plugin }) => [code, plugin])
  return { intake, store, ...eventLog, titles, letters }
}

describe('what somebody else has decided', () => {
  it('is followed when it is looked at: what they have paused is paused, and what they have resumed goes on', async () => {
    const { intake, store, publisher, titles } = await running()
    await intake.open(['booking'])
    intake.start('booking')
    await store.topics.setPaused('booking', true)
    await intake.refresh()
    await publisher.publish([booked('b1')])
    expect(intake.status().topics).toEqual([{ topic: 'booking', state: 'paused' }])
    expect(await titles()).toEqual([])
    await store.topics.setPaused('booking', false)
    await intake.refresh()
    await expect.poll(titles).toEqual(['p b1', 'q b1'])
    await intake.close()
  })

  it('starts nothing that was not started here', async () => {
    const { intake, store } = await running()
    await store.topics.setPaused('booking', true)
    await intake.open(['booking'])
    await store.topics.setPaused('booking', false)
    await intake.refresh()
    expect(intake.status().topics).toEqual([{ topic: 'booking', state: 'not started' }])
    await intake.close()
  })

  it('is looked at when partitions are given to us', async () => {
    const given = Promise.withResolvers<() => Promise<unknown>>()
    const { intake, store } = await running({
      wrap: (source) => ({
        open: async (topics, positions) => {
          given.resolve(() => positions.beginAt([{ topic: 'booking', partition: 0, next: 0 }]))
          await source.open(topics, positions)
        },
      }),
    })
    await intake.open(['booking'])
    intake.start('booking')
    await store.topics.setPaused('booking', true)
    await (await given.promise)()
    expect(intake.status().topics).toEqual([{ topic: 'booking', state: 'paused' }])
    await intake.close()
  })

  it('keeps an event from the plugin that it blocked, and from no other', async () => {
    const { intake, store, publisher, titles, letters } = await running()
    await store.topics.block({ topic: 'booking', partition: 0, offset: 1, plugin: 'p', why: 'blocked its thread' })
    await intake.open(['booking'])
    intake.start('booking')
    await publisher.publish([booked('b0'), booked('b1'), booked('b2')])
    await expect.poll(titles).toEqual(['p b0', 'q b0', 'q b1', 'p b2', 'q b2'])
    expect(await letters()).toEqual([['HANDLER_BLOCKED', 'p']])
    expect((await store.deadLetters.list({ limit: 1 }))[0]?.message).toBe('p.bookingCreated blocked its thread')
    await intake.close()
  })
})

it('does not decode a record that is blocked, and all others', async () => {
  const { intake, store, publisher, titles, letters } = await running()
  await store.topics.block({ topic: 'booking', partition: 0, offset: 1, why: 'ended its thread' })
  await intake.open(['booking'])
  intake.start('booking')
  await publisher.publish([booked('b0'), booked('b1'), booked('b2')])
  await expect.poll(titles).toEqual(['p b0', 'q b0', 'p b2', 'q b2'])
  expect(await letters()).toEqual([['RECORD_BLOCKED', undefined]])
  const [letter] = await store.deadLetters.list({ limit: 1 })
  expect([letter?.message, letter?.offset]).toEqual(['the record ended its thread', 1])
  const kept = await store.deadLetters.find(letter?.id ?? 0)
  expect(Buffer.from(kept?.value ?? []).toString()).toBe(booked('b1').value)
  // It is decoded again where an operator retries it.
  const retry = createRetry({
    deadLetters: store.deadLetters,
    host,
    clock,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  expect(await retry(letter?.id ?? 0, true)).toMatchObject({ kind: 'applied' })
  expect((await titles()).toSorted()).toEqual(['p b0', 'p b1', 'p b2', 'q b0', 'q b1', 'q b2'])
  await intake.close()
})

it('keeps in mind as a dead letter what the log has lost', async () => {
  const { intake, letters, store } = await running({
    wrap: (source) => ({
      take: async (limit): Promise<readonly Chunk[]> => {
        const [position] = await store.positions.of(['booking'])
        return position?.next === 0
          ? [{ topic: 'booking', partition: 0, from: 0, next: 7, records: [], gone: 'the records 0 to 6 are gone' }]
          : source.take(limit)
      },
    }),
  })
  await intake.open(['booking'])
  intake.start('booking')
  await expect.poll(letters).toEqual([['RECORDS_GONE', undefined]])
  expect((await store.positions.of(['booking']))[0]?.next).toBe(7)
  const letter = await store.deadLetters.find(1)
  expect([letter?.offset, letter?.message, letter?.value]).toEqual([0, 'the records 0 to 6 are gone', null])
  await intake.close()
})

describe('a topic of plain JSON', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => plain(JSON.stringify({ n: index })))

  it('is held when the first hundred records that are read have no type, and nothing of them is given up', async () => {
    const { intake, publisher, letters, store, titles } = await running()
    await intake.open(['booking'])
    await publisher.publish(many(150))
    intake.start('booking')
    await expect.poll(() => intake.status().topics[0]?.state).toBe('paused')
    expect(intake.status().topics).toEqual([
      {
        topic: 'booking',
        state: 'paused',
        why: 'the first 100 records of booking that were read here have no type: it is paused, before more of them become dead letters',
      },
    ])
    expect(await letters()).toEqual([])
    expect((await store.positions.of(['booking']))[0]?.next).toBe(0)
    // An operator knows better.
    await publisher.publish([booked('b1')])
    await intake.resume('booking')
    await expect.poll(titles).toEqual(['p b1', 'q b1'])
    expect(await letters()).toHaveLength(150)
    await intake.close()
  })

  it('is held although empty values come first, which are skipped as tombstones are', async () => {
    const { intake, publisher, letters } = await running()
    await intake.open(['booking'])
    await publisher.publish([plain(''), plain(''), ...many(150)])
    intake.start('booking')
    await expect.poll(() => intake.status().topics[0]?.state).toBe('paused')
    await intake.resume('booking')
    await expect.poll(async () => (await letters()).length).toBe(150)
    await intake.close()
  })

  it('is held for whoever else reads it too, until somebody resumes it anywhere', async () => {
    let told = 0
    const { intake, publisher, letters, store } = await running({ onQuarantined: () => void told++ })
    await intake.open(['booking'])
    await publisher.publish(many(150))
    intake.start('booking')
    await expect.poll(() => told).toBe(1)
    expect(await store.topics.paused()).toEqual(['booking'])
    expect(intake.status().topics[0]?.why).toContain('no type')
    // Another instance was asked to resume it.
    await store.topics.setPaused('booking', false)
    await intake.refresh()
    await expect.poll(async () => (await letters()).length).toBe(150)
    expect(intake.status().topics).toEqual([{ topic: 'booking', state: 'running' }])
    await intake.close()
  })

  it('is not held for some strays among events', async () => {
    const { intake, publisher, letters, titles } = await running()
    await intake.open(['booking'])
    await publisher.publish([...many(50), booked('b1'), ...many(100)])
    intake.start('booking')
    await expect.poll(async () => (await letters()).length).toBe(150)
    expect(await titles()).toEqual(['p b1', 'q b1'])
    await intake.close()
  })

  it('is read through its envelope', async () => {
    const { data } = bookingCreatedBy('u1', { bookingId: 'b1' })
    const envelopes = { booking: { type: 'kind', id: 'nr', time: 'at', data: 'payload', source: '/legacy' } }
    const { intake, publisher, titles, store } = await running({ envelopes })
    await intake.open(['booking'])
    intake.start('booking')
    await publisher.publish([
      plain(JSON.stringify({ kind: 'booking.created', nr: 17, at: '2026-05-01T08:59:00Z', payload: data })),
    ])
    await expect.poll(titles).toEqual(['p 17', 'q 17'])
    expect((await store.inboxes.why('u1', 1))?.event).toMatchObject({
      source: '/legacy',
      id: '17',
      time: '2026-05-01T08:59:00Z',
    })
    await intake.close()
  })
})

describe('a position', () => {
  it('is moved by an operator, and what lies in between is read once more or never', async () => {
    const { intake, publisher, titles } = await running()
    await intake.open(['booking'])
    intake.start('booking')
    await publisher.publish([booked('b0'), booked('b1')])
    await expect.poll(titles).toEqual(['p b0', 'q b0', 'p b1', 'q b1'])
    await intake.pause('booking')
    await publisher.publish([booked('b2'), booked('b3')])
    expect(await intake.move({ topic: 'booking', partition: 0, next: 3 })).toMatchObject({ next: 2 })
    await intake.resume('booking')
    await expect.poll(titles).toEqual(['p b0', 'q b0', 'p b1', 'q b1', 'p b3', 'q b3'])
    await intake.close()
  })

  it('is not moved to where the log has nothing', async () => {
    const { intake } = await running()
    await intake.open(['booking'])
    await expect(intake.move({ topic: 'booking', partition: 0, next: 1 })).rejects.toMatchObject({
      code: 'POSITION_OUTSIDE',
    })
    await expect(intake.move({ topic: 'other', partition: 0, next: 0 })).rejects.toMatchObject({
      code: 'TOPIC_UNKNOWN',
    })
    await intake.close()
  })

  it('is not moved by whoever looked at it before it moved by itself', async () => {
    const { intake, store } = await running()
    await intake.open(['booking'])
    const [position] = await store.positions.of(['booking'])
    if (position === undefined) throw new Error('there is no position')
    expect(await store.positions.move([{ from: { ...position, next: 9 }, to: { ...position, next: 0 } }])).toBe(0)
    await intake.close()
  })
})
