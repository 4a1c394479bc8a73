import { encodeRecord } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  type AnyPlugin,
  type BatchReport,
  createHost,
  createIntake,
  createRetry,
  definePlugin,
  type HostOptions,
  type Incoming,
  type Logger,
} from '../../src/index.ts'
import { silent } from '../../src/logger.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const messages = { told: { title: 'Told', body: '{id}' } } as const
type Tell = (to: string, parameters: { id: string }) => unknown

/** A plugin that is given bookings. */
const pluginOf = (
  id: string,
  handle: (event: { id: string }, tell: Tell, signal: AbortSignal) => unknown,
): AnyPlugin => ({
  ...definePlugin({ id, events: booking, messages, on: {} }),
  on: {
    bookingCreated: (event: { id: string }, context: { notify: { told: Tell }; signal: AbortSignal }) =>
      handle(event, context.notify.told, context.signal),
  },
})
const good = pluginOf('good', ({ id }, tell) => [tell('u1', { id })])
const forEver = () => new Promise(() => {})

/** Bookings of these keys; each has an id of its own. */
let last = 0
beforeEach(() => {
  last = 0
})
const bookings = (...keys: readonly string[]): readonly Incoming[] =>
  keys.map((bookingId) => ({
    event: bookingCreatedBy('u1', { id: `e${last++}`, bookingId }),
    contract: booking.bookingCreated,
    place: { topic: 'booking', partition: 0, offset: last },
  }))
const of = (count: number, key: (index: number) => string) =>
  bookings(...Array.from({ length: count }, (_, index) => key(index)))

/** A host, what it logs, and how to give it events: answers codes by event, and how long all waited. */
function hosting(plugins: readonly AnyPlugin[], options: Partial<HostOptions> = {}) {
  const lines: object[] = []
  const line = (fields: object, sentence: string) => void lines.push({ ...fields, sentence })
  const logger: Logger = { debug: line, info: line, warn: line, error: line }
  const host = createHost({ plugins, logger, ...options })
  const give = async (events: readonly Incoming[], only?: string) => {
    const began = performance.now()
    const dispatched = host.dispatch(events, { only })
    let took = Number.NaN
    void dispatched.then(() => (took = performance.now() - began))
    while (Number.isNaN(took)) await vi.advanceTimersByTimeAsync(10)
    const outcomes = await dispatched
    return {
      took,
      codes: outcomes.map(({ failures }) => failures.map(({ error }) => error.code).join()),
      told: outcomes.map(({ effects }) => effects.map(({ plugin }) => plugin).join()),
    }
  }
  return { give, lines }
}
const [TIMED_OUT, HANGS] = ['HANDLER_TIMED_OUT', 'HANDLER_HANGS']

it.each([
  ['of one key', () => 'same'],
  ['side by side', (index: number) => `b${index}`],
])('waits for three hangs of a handler at most, however many events it is given (%s)', async (_, key) => {
  let given = 0
  const stuck = pluginOf('stuck', () => {
    given++
    return forEver()
  })
  const { give } = hosting([stuck, good])
  const { took, codes, told } = await give(of(40, key))
  expect(took).toBeLessThan(3_500)
  expect(new Set(codes)).toEqual(key(0) === key(1) ? new Set([TIMED_OUT, HANGS]) : new Set([TIMED_OUT]))
  // The others lose nothing.
  expect(told).toEqual(codes.map(() => 'good'))
  given = 0
  const later = await give(of(200, key))
  expect(later.took).toBeLessThan(500)
  expect([later.codes.every((code) => code === HANGS), later.told.every((name) => name === 'good')]).toEqual([
    true,
    true,
  ])
  expect(given).toBeLessThanOrEqual(1)
})

it('counts what twenty handlers of one event make all wait for as one', async () => {
  const stuck = Array.from({ length: 20 }, (_, index) => pluginOf(`stuck${index}`, forEver))
  const { give } = hosting([...stuck, good])
  const { took, told } = await give(of(20, () => 'same'))
  expect(took).toBeLessThan(3_500)
  expect(told).toEqual(Array.from({ length: 20 }, () => 'good'))
})

it('runs a handler that hangs for one event a second, for all again once it returns, and logs both once', async () => {
  let [mended, given] = [false, 0]
  const healing = pluginOf('healing', async ({ id }, tell) => {
    given++
    return mended ? [tell('u1', { id })] : forEver()
  })
  const { give, lines } = hosting([healing])
  await give(of(10, () => 'same'))
  given = 0
  const began = performance.now()
  while (performance.now() - began < 5_000) {
    await give(of(10, () => 'same'))
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(given).toBeGreaterThanOrEqual(4)
  expect(given).toBeLessThanOrEqual(6)
  mended = true
  await vi.advanceTimersByTimeAsync(1_000)
  const { codes, took } = await give(of(10, () => 'same'))
  expect([new Set(codes), took < 50]).toEqual([new Set(['']), true])
  expect(lines).toMatchObject([
    { code: HANGS, plugin: 'healing', sentence: expect.stringContaining('healing.bookingCreated hangs') },
    { plugin: 'healing', sentence: expect.stringContaining('healing.bookingCreated returns again') },
  ])
})

it('lets others wait a tenth of a second for a handler that hangs, and takes an answer that comes after it', async () => {
  const slow = { ms: Number.POSITIVE_INFINITY }
  const late = pluginOf('late', async () => {
    if (slow.ms === Number.POSITIVE_INFINITY) return forEver()
    await new Promise((resolve) => setTimeout(resolve, slow.ms))
    return []
  })
  const { give } = hosting([late])
  await give(of(5, () => 'same'))
  await vi.advanceTimersByTimeAsync(1_000)
  slow.ms = 500
  const probe = await give(of(5, () => 'same'))
  expect(probe.took).toBeLessThanOrEqual(150)
  expect(new Set(probe.codes)).toEqual(new Set([HANGS]))
  await vi.advanceTimersByTimeAsync(500)
  expect((await give(of(2, () => 'same'))).codes).toEqual(['', ''])
})

it('runs a handler for the event after three hangs: it may hang at some events alone', async () => {
  const picky = pluginOf('picky', ({ id }) => (id === 'e0' || id === 'e1' ? forEver() : []))
  const { give } = hosting([picky])
  const { codes } = await give(of(6, () => 'same'))
  expect(codes).toEqual([TIMED_OUT, TIMED_OUT, '', '', '', ''])
})

it('takes a handler that fails because its signal aborts for one that hangs', async () => {
  const obedient = pluginOf('obedient', (_event, _tell, signal) => {
    const { promise, reject } = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => reject(signal.reason))
    return promise
  })
  const { give } = hosting([obedient])
  const { took, codes } = await give(of(10, () => 'same'))
  expect(took).toBeLessThan(3_500)
  expect(codes.at(-1)).toBe(HANGS)
})

it('goes on giving all events to a handler that hangs now and then', async () => {
  const moody = pluginOf('moody', ({ id }) => (id === 'e1' || id === 'e3' ? forEver() : []))
  const { give } = hosting([moody])
  const { codes } = await give(of(6, () => 'same'))
  expect(codes).toEqual(['', TIMED_OUT, '', TIMED_OUT, '', ''])
})

it('does not pause for each event of a handler that fails every one, and tries again once it succeeds', async () => {
  let [broken, tries] = [true, 0]
  const failing = pluginOf('failing', ({ id }, tell) => {
    tries++
    if (broken) throw new Error('away')
    return [tell('u1', { id })]
  })
  const { give } = hosting([failing, good])
  const { took, codes, told } = await give(of(500, () => 'same'))
  expect(took).toBeLessThan(3_000)
  expect([new Set(codes), new Set(told)]).toEqual([new Set(['HANDLER_FAILED']), new Set(['good'])])
  expect(tries).toBeLessThan(520)
  broken = false
  await give(of(1, () => 'same'))
  broken = true
  tries = 0
  await give(of(1, () => 'same'))
  expect(tries).toBe(3)
})

it('waits in careful times for a handler that is given an event to see whether it answers', async () => {
  const told: string[] = []
  const watch = {
    enter: (plugin: string) => void told.push(plugin),
    leave: () => void told.push('left'),
    careful: () => true,
  }
  const { give } = hosting([pluginOf('stuck', forEver), good], { watch })
  const { took, codes } = await give(of(40, (index) => `b${index}`))
  expect(took).toBeLessThan(4_500)
  expect(codes.filter((code) => code === HANGS).length).toBeGreaterThan(30)
  await vi.advanceTimersByTimeAsync(1_000)
  told.length = 0
  expect((await give(of(1, () => 'b'))).took).toBeGreaterThanOrEqual(1_000)
  // It may go on, and so it is not left before the next events.
  expect(told[1]).toBe('stuck')
  expect(told).not.toContain('good')
})

it('waits for a handler that an operator has asked for', async () => {
  let mended = false
  const slow = pluginOf('slow', async ({ id }, tell) => {
    if (!mended) return forEver()
    await new Promise((resolve) => setTimeout(resolve, 700))
    return [tell('u1', { id })]
  })
  const { give } = hosting([slow])
  await give(of(5, () => 'same'))
  mended = true
  await vi.advanceTimersByTimeAsync(1_000)
  expect(
    (
      await give(
        of(1, () => 'same'),
        'slow',
      )
    ).told,
  ).toEqual(['slow'])
})

it('tells a booking behind twenty events that a handler hangs at, names the handler, and tells them too once they are retried', async () => {
  vi.useRealTimers()
  const clock = () => Date.parse('2026-05-01T09:00:00Z')
  let [mended, given] = [false, 0]
  const stuck = pluginOf('stuck', ({ id }, tell) => {
    given++
    return mended ? [tell('u1', { id })] : forEver()
  })
  const host = createHost({ plugins: [stuck, good], timeout: 100 })
  const store = createMemoryStore({ render: host.render, clock })
  const { source, publisher } = createMemoryEventLog({ clock })
  const reports: BatchReport[] = []
  const intake = createIntake({ source, store, host, clock, onApplied: (report) => void reports.push(report) })
  await intake.open(['booking'])
  const sent = of(20, () => 'same').map(({ event, contract }) =>
    encodeRecord({ ...event, time: '2026-05-01T08:59:00Z' }, contract),
  )
  await publisher.publish(sent)
  intake.start('booking')
  await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  expect(intake.status().waiting).toBe(
    'stuck.bookingCreated hangs: the events that it does not get become dead letters',
  )
  // Three, and at most one to see whether it answers.
  expect(given).toBeLessThanOrEqual(4)
  const told = async () => (await store.inboxes.page('u1', { limit: 100, filter: 'all' })).items.map(({ type }) => type)
  expect(await told()).toEqual(Array.from({ length: 20 }, () => 'good.told'))
  const letters = await store.deadLetters.list({ limit: 100, code: HANGS })
  expect(letters.length).toBeGreaterThanOrEqual(17)
  mended = true
  const retry = createRetry({
    deadLetters: store.deadLetters,
    host: createHost({ plugins: [stuck, good] }),
    logger: silent,
    clock,
  })
  for (const { id } of await store.deadLetters.list({ limit: 100 }))
    expect(await retry(id, true)).toMatchObject({ kind: 'applied' })
  expect((await told()).filter((type) => type === 'stuck.told')).toHaveLength(20)
  await intake.close()
})
