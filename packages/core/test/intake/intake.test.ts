import { encodeRecord } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import { BelfryError } from '@belfry/contracts/errors'
import { afterEach, expect, it, vi } from 'vitest'
import {
  type Alone,
  type Applied,
  type Batch,
  type Batches,
  type BatchReport,
  type Change,
  coreErrors,
  createHost,
  createIntake,
  definePlugin,
  type IntakeOptions,
  type NewRecord,
  type Position,
  type Source,
  type Store,
  type Topics,
} from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

afterEach(() => void vi.useRealTimers())

const plugin = definePlugin({
  id: 'p',
  events: booking,
  messages: { booked: { title: '{id}', body: '' } },
  on: {
    bookingCreated: ({ data, id }, { notify, join }) => {
      if (data.userId === 'bad') throw new Error('cannot tell')
      return [
        notify.booked(data.userId, { id }),
        join(data.userId, { audience: 'bookers' }, { because: data.bookingId }),
      ]
    },
    bookingCheckedIn: ({ id }, { notify }) => [
      notify.booked(
        Array.from({ length: 300 }, (_, index) => `p${index}`),
        { id },
      ),
    ],
    bookingCheckedOut: ({ id }, { withdraw }) => Array.from({ length: 900 }, (_, index) => withdraw(`${id} ${index}`)),
    bookingNoShow: ({ id }, { notify }) => [notify.booked({ audience: 'bookers' }, { id })],
  },
})

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const created = (userId: string, id: string, time?: string): NewRecord =>
  encodeRecord(
    bookingCreatedBy(userId, { id, bookingId: id, ...(time !== undefined && { time }) }),
    booking.bookingCreated,
  )
const noShow = (id: string): NewRecord =>
  encodeRecord(
    booking.bookingNoShow.create({
      source: '/test',
      id,
      time: '2026-05-01T08:30:00Z',
      data: { bookingId: 'b', userId: 'u', resourceId: 'r', detectedAt: '2026-05-01T08:30:00Z' },
    }),
    booking.bookingNoShow,
  )

/** An intake on memory, with the store wrapped where a test wants to be in its way. */
async function running(
  wrap: (store: Store) => Partial<Batches & Topics> = () => ({}),
  wrapSource: (source: Source) => Partial<Source> = () => ({}),
  more: Partial<Pick<IntakeOptions, 'alone' | 'decoding'>> = {},
) {
  const host = createHost({ plugins: [plugin] })
  const eventLog = createMemoryEventLog({ clock })
  const inner = createMemoryStore({ render: host.render, clock })
  const wrapped = wrap(inner)
  const [topics, outer] = [
    { ...inner.topics, ...wrapped },
    { ...inner.batches, ...wrapped },
  ]
  const batches: Batch[] = []
  const apply = (batch: Batch) => {
    batches.push(batch)
    return outer.apply(batch)
  }
  const pushed: Change[] = []
  const reports: BatchReport[] = []
  const lines: { sentence: string; fields: object }[] = []
  const line = (fields: object, sentence: string) => void lines.push({ fields, sentence })
  const intake = createIntake({
    source: { ...eventLog.source, ...wrapSource(eventLog.source) },
    host,
    clock,
    store: { ...inner, topics, batches: { apply } },
    onApplied: (report) => {
      reports.push(report)
      pushed.push(...report.applied.changes)
    },
    logger: { debug: line, info: line, warn: line, error: line },
    ...more,
  })
  await intake.open(['booking'])
  return { intake, eventLog, batches, pushed, reports, lines, store: inner }
}

const applied = async (eventLog: ReturnType<typeof createMemoryEventLog>, store: Store) => {
  const [progress] = await eventLog.source.progress()
  const [position] = await store.positions.beginAt([{ topic: 'booking', partition: 0, next: 0 }])
  return progress !== undefined && position?.next === progress.end
}

const titles = async (store: Store, person: string) =>
  (await store.inboxes.page(person, { limit: 200, filter: 'all' })).items.map(({ title }) => title).reverse()

it('takes nothing before it is started', async () => {
  const { intake, eventLog, batches, store } = await running()
  await eventLog.publisher.publish([created('u1', 'e1')])
  expect(intake.status()).toEqual({ topics: [{ topic: 'booking', state: 'not started' }] })
  expect(batches).toEqual([])
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(['e1'])
  await intake.close()
})

it('pushes what each transaction changed, and goes on with the next', async () => {
  const { intake, eventLog, pushed, store } = await running()
  intake.start('booking')
  for (const id of ['e1', 'e2', 'e3']) {
    await eventLog.publisher.publish([created('u1', id)])
    await expect.poll(() => applied(eventLog, store)).toBe(true)
  }
  expect(
    pushed.map(({ person, after, head, items }) => [person, after, head, items.map(({ title }) => title)]),
  ).toEqual([
    ['u1', 0, 1, ['e1']],
    ['u1', 1, 2, ['e2']],
    ['u1', 2, 3, ['e3']],
  ])
  await intake.close()
})

it('gathers what arrives while a transaction is under way into the next one', async () => {
  const gate = Promise.withResolvers<void>()
  let first = true
  const { intake, eventLog, batches, store } = await running((inner) => ({
    async apply(batch) {
      if (first) {
        first = false
        await gate.promise
      }
      return inner.batches.apply(batch)
    },
  }))
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e0')])
  await expect.poll(() => batches.length).toBe(1)
  for (let index = 1; index <= 20; index++) await eventLog.publisher.publish([created('u1', `e${index}`)])
  gate.resolve()
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(batches.map(({ slices }) => slices[0]?.entries.length)).toEqual([1, 20])
  await intake.close()
})

it('makes a dead letter of what cannot be read or told, keeps its bytes, says so, and goes on', async () => {
  const { intake, eventLog, batches, lines, store } = await running()
  intake.start('booking')
  const broken = { ...created('u1', 'e1'), value: '{"bookingId":' }
  await eventLog.publisher.publish([broken, created('bad', 'e2'), created('u1', 'e3')])
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(['e3'])
  const letters = batches.flatMap(({ slices }) =>
    slices.flatMap(({ entries }) => entries.flatMap((entry) => entry.deadLetters)),
  )
  expect(letters.map(({ code, plugin: id, handler }) => [code, id, handler])).toEqual([
    ['EVENT_NOT_JSON', undefined, undefined],
    ['HANDLER_FAILED', 'p', 'bookingCreated'],
  ])
  expect(new TextDecoder().decode(letters[0]?.value ?? undefined)).toBe('{"bookingId":')
  expect(lines.filter(({ sentence }) => sentence.startsWith('dead letter'))).toHaveLength(2)
  await intake.close()
})

it('keeps a dead letter of a record whose timestamp is no moment', async () => {
  const odd = [-1, Number.NaN, 1.7e15, 9e15]
  const { intake, eventLog, store } = await running(undefined, (source) => ({
    async take(limit, onIdle) {
      const chunks = await source.take(limit, onIdle)
      return chunks.map((chunk) => ({
        ...chunk,
        records: chunk.records.map((record) => ({ ...record, timestamp: odd[record.offset] ?? 0 })),
      }))
    },
  }))
  await eventLog.publisher.publish(odd.map(() => ({ topic: 'booking', key: 'b', value: '{', headers: {} })))
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  const timestamps = [1, 2, 3, 4].map(async (id) => (await store.deadLetters.find(id))?.timestamp)
  expect(await Promise.all(timestamps)).toEqual([0, 0, 0, 0])
  await intake.close()
})

it('says a dead letter once, however often its event is sent', async () => {
  const { intake, eventLog, lines, store } = await running()
  intake.start('booking')
  for (const id of ['e1', 'e1', 'e2']) {
    await eventLog.publisher.publish([created('bad', id)])
    await expect.poll(() => applied(eventLog, store)).toBe(true)
  }
  expect((await store.deadLetters.list({ limit: 9 })).map(({ event }) => event?.id)).toEqual(['e2', 'e1'])
  expect(lines.filter(({ sentence }) => sentence.startsWith('dead letter'))).toMatchObject([
    { fields: { event: 'e1', offset: 0 } },
    { fields: { event: 'e2', offset: 2 } },
  ])
  await intake.close()
})

it('lets history change audiences and tells nobody of it', async () => {
  const { intake, eventLog, store, reports } = await running()
  intake.start('booking')
  await eventLog.publisher.publish([
    created('u1', 'old', '2026-04-30T08:59:59Z'),
    created('u1', 'older', '2026-04-29T08:59:59Z'),
    created('u2', 'new', '2026-04-30T09:00:00Z'),
    noShow('told'),
  ])
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(['told'])
  expect(await titles(store, 'u2')).toEqual(['new', 'told'])
  const entries = reports.flatMap(({ slices }) => slices.flatMap((slice) => slice.entries))
  expect(entries.map(({ forms }) => forms.includes('too_old'))).toEqual([true, true, false, false])
  await intake.close()
})

it('waits for a store that is away, says so, and loses nothing', async () => {
  vi.useFakeTimers()
  let tries = 0
  const { intake, eventLog, store } = await running((inner) => ({
    async apply(batch) {
      if (tries++ < 12) throw coreErrors.STORE_UNAVAILABLE({ why: 'no connection' })
      return inner.batches.apply(batch)
    },
  }))
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e1')])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(intake.status().waiting).toBe('the store is away: no connection')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(intake.status().waiting).toBeUndefined()
  expect(await titles(store, 'u1')).toEqual(['e1'])
  await intake.close()
})

it('says so while a transaction takes long, as it does where somebody holds a lock', async () => {
  vi.useFakeTimers()
  const gate = Promise.withResolvers<void>()
  let now = clock()
  const host = createHost({ plugins: [plugin] })
  const eventLog = createMemoryEventLog({ clock })
  const inner = createMemoryStore({ render: host.render, clock })
  const store: Store = {
    ...inner,
    batches: {
      async apply(batch) {
        await gate.promise
        return inner.batches.apply(batch)
      },
    },
  }
  const intake = createIntake({ source: eventLog.source, store, host, clock: () => now, onApplied() {} })
  await intake.open(['booking'])
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e1')])
  await vi.advanceTimersByTimeAsync(0)
  now += 2_000
  expect(intake.status().waiting).toBeUndefined()
  now += 1_500
  expect(intake.status().waiting).toBe('a transaction that has been under way for 3 seconds')
  gate.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect([intake.status().waiting, await titles(inner, 'u1')]).toEqual([undefined, ['e1']])
  await intake.close()
})

it('waits for a log that is away, says so, and says no more once there is nothing to wait for', async () => {
  vi.useFakeTimers()
  let tries = 0
  const { intake } = await running(undefined, (inner) => ({
    async take(limit, onIdle) {
      if (tries++ < 3) throw coreErrors.LOG_UNAVAILABLE({ why: 'no connection' })
      return inner.take(limit, onIdle)
    },
  }))
  intake.start('booking')
  await vi.advanceTimersByTimeAsync(10)
  expect(intake.status().waiting).toContain('no connection')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(intake.status().waiting).toBeUndefined()
  await intake.close()
})

it('finds the one event that the store refuses, among many, and tells all others once and in order', async () => {
  const poison = (batch: Batch) =>
    batch.slices.some(({ entries }) => entries.some(({ event, effects }) => event?.id === 'e7' && effects.length > 0))
  const { intake, eventLog, store } = await running((inner) => ({
    async apply(batch) {
      if (poison(batch)) throw coreErrors.STORE_REFUSED({ why: 'invalid byte' })
      return inner.batches.apply(batch)
    },
  }))
  const ids = Array.from({ length: 20 }, (_, index) => `e${index}`)
  await eventLog.publisher.publish(ids.map((id) => created('u1', id)))
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(ids.filter((id) => id !== 'e7'))
  const letters = await store.deadLetters.list({ limit: 9 })
  expect(letters.map(({ code, message }) => [code, message])).toEqual([
    ['EVENT_REFUSED', 'the store refused the effects of p: the store refused a value: invalid byte'],
  ])
  await intake.close()
})

it('waits where the store refuses the dead letter too, and then tells what it had refused', async () => {
  vi.useFakeTimers()
  // Twice the event, the event without its notifications, and its dead letter.
  let refusals = 6
  const { intake, eventLog, lines, store } = await running((inner) => ({
    async apply(batch) {
      if (refusals-- > 0) throw coreErrors.STORE_REFUSED({ why: 'relation "inbox" does not exist' })
      return inner.batches.apply(batch)
    },
  }))
  await eventLog.publisher.publish([created('u1', 'e1')])
  intake.start('booking')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(intake.status().waiting).toBe('the store refused a value: relation "inbox" does not exist')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await titles(store, 'u1')).toEqual(['e1'])
  expect(await store.deadLetters.list({ limit: 9 })).toEqual([])
  expect(lines.map(({ sentence }) => sentence)).toContain(
    'the store refuses a dead letter: the intake waits and tries again',
  )
  expect(intake.status().waiting).toBe(undefined)
  await intake.close()
})

it('goes on from the position of whoever was quicker', async () => {
  const advanced: Position[] = []
  const { intake, eventLog, lines, store } = await running(undefined, (inner) => ({
    advance(positions) {
      advanced.push(...positions)
      inner.advance(positions)
    },
  }))
  await eventLog.publisher.publish([created('u1', 'e1'), created('u1', 'e2'), created('u1', 'e3')])
  await store.batches.apply({
    at: clock(),
    slices: [{ topic: 'booking', partition: 0, from: 0, next: 2, entries: [] }],
  })
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(['e3'])
  expect(lines.some(({ sentence }) => sentence.includes('another consumer has applied'))).toBe(true)
  // What was lost was not applied here, and the source must not hear that it was: it forgets what is.
  expect(advanced).toEqual([{ topic: 'booking', partition: 0, next: 3 }])
  await intake.close()
})

it('keeps transactions small where events name many people', async () => {
  const { intake, eventLog, batches, store } = await running()
  const many = Array.from({ length: 20 }, (_, index) =>
    encodeRecord(
      booking.bookingCheckedIn.create({
        source: '/test',
        id: `e${index}`,
        time: '2026-05-01T08:30:00Z',
        data: { bookingId: `b${index}`, userId: 'u', resourceId: 'r', checkedInAt: '2026-05-01T08:30:00Z' },
      }),
      booking.bookingCheckedIn,
    ),
  )
  await eventLog.publisher.publish(many)
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  // Each event tells 300 people: six of them fit into one transaction.
  expect(batches.map(({ slices }) => slices.reduce((sum, { entries }) => sum + entries.length, 0))).toEqual([
    6, 6, 6, 2,
  ])
  expect(await titles(store, 'p299')).toHaveLength(20)
  await intake.close()
})

it('keeps transactions small where events withdraw much', async () => {
  const { intake, eventLog, batches, store } = await running()
  const many = Array.from({ length: 5 }, (_, index) =>
    encodeRecord(
      booking.bookingCheckedOut.create({
        source: '/test',
        id: `e${index}`,
        time: '2026-05-01T08:30:00Z',
        data: { bookingId: `b${index}`, userId: 'u', resourceId: 'r', checkedOutAt: '2026-05-01T08:30:00Z' },
      }),
      booking.bookingCheckedOut,
    ),
  )
  await eventLog.publisher.publish(many)
  intake.start('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  // Each locks 900 keys, and a server has room for some thousands.
  expect(batches.map(({ slices }) => slices.reduce((sum, { entries }) => sum + entries.length, 0))).toEqual([2, 2, 1])
  await intake.close()
})

it('pauses a topic once what is under way is applied, and leaves it paused until it is resumed, whoever starts it', async () => {
  const gate = Promise.withResolvers<void>()
  const { intake, eventLog, batches, store } = await running((inner) => ({
    async apply(batch) {
      await gate.promise
      return inner.batches.apply(batch)
    },
  }))
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e1')])
  await expect.poll(() => batches.length).toBe(1)
  let paused = false
  const pausing = intake.pause('booking').then(() => (paused = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(paused).toBe(false)
  gate.resolve()
  await pausing
  expect(await titles(store, 'u1')).toEqual(['e1'])
  await eventLog.publisher.publish([created('u1', 'e2')])
  intake.start('booking')
  expect(intake.status().topics).toEqual([{ topic: 'booking', state: 'paused' }])
  expect(await store.topics.paused()).toEqual(['booking'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(batches.length).toBe(1)
  await intake.resume('booking')
  await expect.poll(() => titles(store, 'u1')).toEqual(['e1', 'e2'])
  expect(await store.topics.paused()).toEqual([])
  await intake.close()
})

it('does what operators ask for at once in the order in which they ask, in the store too', async () => {
  const gate = Promise.withResolvers<void>()
  const { intake, eventLog, store } = await running((inner) => ({
    // The first is kept waiting.
    async setPaused(topic, on) {
      if (on) await gate.promise
      return inner.topics.setPaused(topic, on)
    },
  }))
  intake.start('booking')
  const [pausing, resuming] = [intake.pause('booking'), intake.resume('booking')]
  await new Promise((resolve) => setImmediate(resolve))
  gate.resolve()
  await Promise.all([pausing, resuming])
  expect([intake.status().topics[0]?.state, await store.topics.paused()]).toEqual(['running', []])
  await eventLog.publisher.publish([created('u1', 'e1')])
  await expect.poll(() => titles(store, 'u1')).toEqual(['e1'])
  await intake.close()
})

it('finishes the transaction under way when it is closed, and takes no more', async () => {
  const gate = Promise.withResolvers<void>()
  const { intake, eventLog, batches, store } = await running((inner) => ({
    async apply(batch) {
      await gate.promise
      return inner.batches.apply(batch)
    },
  }))
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e1')])
  await expect.poll(() => batches.length).toBe(1)
  await eventLog.publisher.publish([created('u1', 'e2')])
  const closed = intake.close()
  gate.resolve()
  await closed
  expect(await titles(store, 'u1')).toEqual(['e1'])
})

it('survives a push that throws', async () => {
  const host = createHost({ plugins: [plugin] })
  const eventLog = createMemoryEventLog({ clock })
  const store = createMemoryStore({ render: host.render, clock })
  const onApplied = () => {
    throw new BelfryError('X', 'no socket', [])
  }
  const intake = createIntake({ source: eventLog.source, store, host, clock, onApplied })
  await intake.open(['booking'])
  intake.start('booking')
  await eventLog.publisher.publish([created('u1', 'e1')])
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  await eventLog.publisher.publish([created('u1', 'e2')])
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(await titles(store, 'u1')).toEqual(['e1', 'e2'])
  await intake.close()
})

/** Whoever watches records that are taken one at a time, with what it was told. */
function watchAlone(wanted: () => boolean) {
  const told: string[] = []
  const alone: Alone = {
    wanted,
    enter: ({ topic, partition, offset }) => void told.push(`${topic}/${partition}/${offset}`),
    leave: () => void told.push('left'),
  }
  return { alone, told }
}

it('takes records one at a time where that is wanted, each to the end of its transaction', async () => {
  let wanted = true
  const { alone, told } = watchAlone(() => wanted)
  const { intake, eventLog, store, batches } = await running(
    (inner) => ({
      async apply(batch) {
        told.push(`applied ${batch.slices.flatMap(({ entries }) => entries.map(({ offset }) => offset))}`)
        if (told.length > 4) wanted = false
        return inner.batches.apply(batch)
      },
    }),
    () => ({}),
    { alone },
  )
  await eventLog.publisher.publish(['e0', 'e1', 'e2', 'e3'].map((id) => created('u1', id)))
  intake.start('booking')
  await expect.poll(() => titles(store, 'u1')).toEqual(['e0', 'e1', 'e2', 'e3'])
  expect(told.filter((one) => one !== 'left')).toEqual([
    ...['booking/0/0', 'applied 0', 'booking/0/1', 'applied 1'],
    // What was wanted when it was cut is taken so, and the rest together.
    ...['applied 2,3'],
  ])
  expect(batches.length).toBe(3)
  expect(told.at(-1)).toBe('left')
  await intake.close()
})

it('follows no record of a part that was cut before records are taken one at a time', async () => {
  let cuts = 0
  // Another thread sets it, between the cut and the part.
  const { alone, told } = watchAlone(() => cuts++ > 0)
  const { intake, eventLog, store, batches } = await running(
    () => ({}),
    () => ({}),
    { alone },
  )
  await eventLog.publisher.publish(['e0', 'e1', 'e2', 'e3'].map((id) => created('u1', id)))
  intake.start('booking')
  await expect.poll(() => titles(store, 'u1')).toEqual(['e0', 'e1', 'e2', 'e3'])
  expect(batches.length).toBe(1)
  expect(told).toEqual(['left'])
  await intake.close()
})

it('gives back the rest of what was taken where its topic is paused meanwhile', async () => {
  const gate = Promise.withResolvers<void>()
  const { alone } = watchAlone(() => true)
  const rewound: Position[] = []
  const { intake, eventLog, store, batches } = await running(
    (inner) => ({
      async apply(batch) {
        await gate.promise
        return inner.batches.apply(batch)
      },
    }),
    (source) => ({
      rewind(position) {
        rewound.push(position)
        source.rewind(position)
      },
    }),
    { alone },
  )
  await eventLog.publisher.publish(['e0', 'e1', 'e2', 'e3'].map((id) => created('u1', id)))
  intake.start('booking')
  await expect.poll(() => batches.length).toBe(1)
  const pausing = intake.pause('booking')
  await expect.poll(() => intake.status().topics[0]?.state).toBe('paused')
  gate.resolve()
  await pausing
  expect(await titles(store, 'u1')).toEqual(['e0'])
  await expect.poll(() => rewound).toEqual([{ topic: 'booking', partition: 0, next: 1 }])
  await intake.resume('booking')
  await expect.poll(() => titles(store, 'u1')).toEqual(['e0', 'e1', 'e2', 'e3'])
  expect(rewound.length).toBe(1)
  await intake.close()
})

const events = Array.from({ length: 2_500 }, (_, index) => created('u1', `e${index}`))
/** What a transaction does whose partition another instance has applied. */
const allLost: Applied = {
  changes: [],
  dropped: 0,
  unsent: [],
  erased: [],
  fanOuts: 0,
  repeats: [],
  lost: [{ topic: 'booking', partition: 0, next: 0 }],
}

/** An intake on a backlog. Its first transaction waits for `finish`, and then returns that, or what the store does. */
async function withBacklog(records: readonly NewRecord[] = events) {
  const { promise, resolve: finish } = Promise.withResolvers<Applied | undefined>()
  let transactions = 0
  const decoded = new Set<number>()
  const all = await running(
    ({ batches }) => ({
      apply: async (batch) => (transactions++ === 0 ? await promise : undefined) ?? batches.apply(batch),
    }),
    undefined,
    { decoding: { enter: ({ offset }) => void decoded.add(offset), leave: () => {} } },
  )
  await all.eventLog.publisher.publish(records)
  all.intake.start('booking')
  await expect.poll(() => decoded.size).toBe(records.length)
  expect(all.batches).toHaveLength(1)
  return { ...all, finish, begins: () => all.batches.map(({ slices }) => slices.map(({ from }) => from)) }
}

it('decides the next batch of a backlog while a transaction is under way, and applies it after that', async () => {
  const { eventLog, store, finish, begins } = await withBacklog()
  finish(undefined)
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(begins()).toEqual([[0], [2_000]])
  expect(await store.inboxes.heads(['u1'])).toEqual(new Map([['u1', 2_500]]))
})

it('gives back what was decided of a backlog when its topic is paused', async () => {
  const { intake, eventLog, store, finish, begins } = await withBacklog()
  const paused = intake.pause('booking')
  await expect.poll(() => intake.status()).toEqual({ topics: [{ topic: 'booking', state: 'paused' }] })
  finish(undefined)
  await paused
  expect(begins()).toEqual([[0]])
  await intake.resume('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(begins()).toEqual([[0], [2_000]])
  expect(await store.inboxes.heads(['u1'])).toEqual(new Map([['u1', 2_500]]))
})

it('gives back what was decided of a partition that another instance has applied meanwhile', async () => {
  const { eventLog, store, finish, begins } = await withBacklog()
  finish(allLost)
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(begins()).toEqual([[0], [0], [2_000]])
  expect(await store.inboxes.heads(['u1'])).toEqual(new Map([['u1', 2_500]]))
})

it('counts records without a type once, though they are decided again', async () => {
  const recordOf = (value: string): NewRecord => ({ topic: 'booking', key: 'k', value, headers: {} })
  const [tombstone, typeless] = [recordOf(''), recordOf('{}')]
  const records = [...Array.from({ length: 2_000 }, () => tombstone), ...Array.from({ length: 60 }, () => typeless)]
  const { intake, eventLog, store, finish } = await withBacklog(records)
  finish(allLost)
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(intake.status()).toEqual({ topics: [{ topic: 'booking', state: 'running' }] })
})

it('leaves a position where it is moved once its topic is paused', async () => {
  const { intake, eventLog, store, finish, begins } = await withBacklog()
  const paused = intake.pause('booking')
  finish(undefined)
  await paused
  await intake.move({ topic: 'booking', partition: 0, next: 100 })
  expect(await eventLog.source.progress()).toMatchObject([{ next: 100 }])
  await intake.resume('booking')
  await expect.poll(() => applied(eventLog, store)).toBe(true)
  expect(begins()).toEqual([[0], [100], [2_100]])
})
