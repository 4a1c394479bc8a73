import { AsyncResource } from 'node:async_hooks'
import * as booking from '@belfry/contracts/booking'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  type AnyPlugin,
  blameHandler,
  createHost,
  definePlugin,
  type Effects,
  type Incoming,
  type Outcome,
} from '../../src/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const messages = { told: { title: 'Told', body: '{id}' } } as const

type Notify = (to: string, parameters: { id: string }) => Effects[number]
/** A plugin with one message and this handler for booking.created. */
const withHandler = (
  id: string,
  handle: (event: { id: string }, notify: Notify, signal: AbortSignal) => unknown,
): AnyPlugin => ({
  ...definePlugin({ id, events: booking, messages, on: {} }),
  // What a handler returns is not the compiler's to promise here: plain JavaScript can return anything.
  on: {
    bookingCreated: (event: { id: string }, context: { notify: { told: Notify }; signal: AbortSignal }) =>
      handle(event, context.notify.told, context.signal),
  },
})

const incoming = (...keys: readonly string[]): readonly Incoming[] =>
  keys.map((bookingId, index) => ({
    event: bookingCreatedBy('u1', { id: `e${index}`, bookingId }),
    contract: booking.bookingCreated,
  }))

/** Dispatches, and lets all the time pass that handlers and pauses ask for. */
async function dispatch(
  plugins: readonly AnyPlugin[],
  events: readonly Incoming[],
  timeout?: number,
): Promise<readonly Outcome[]> {
  const outcomes = createHost({ plugins, ...(timeout !== undefined && { timeout }) }).dispatch(events)
  await vi.runAllTimersAsync()
  return outcomes
}

const failuresOf = (outcome: Outcome | undefined) =>
  outcome?.failures.map(({ plugin, handler, error }) => [plugin, handler, error.message])
const toldBy = (outcome: Outcome | undefined) => outcome?.effects.map(({ plugin, effects }) => [plugin, effects.length])

it('answers one outcome per event, in order, with the effects of every plugin in the order of the plugins', async () => {
  const slow = withHandler('slow', async ({ id }, told) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return [told('u1', { id }), [null, false, [told('u2', { id })]]]
  })
  const quick = withHandler('quick', ({ id }, told) => [told('u1', { id })])
  const outcomes = await dispatch([slow, quick], incoming('a', 'b'))
  expect(outcomes.map(toldBy)).toEqual([
    [
      ['slow', 2],
      ['quick', 1],
    ],
    [
      ['slow', 2],
      ['quick', 1],
    ],
  ])
  expect(outcomes[1]?.effects[1]?.effects[0]).toMatchObject({
    kind: 'notify',
    message: 'told',
    parameters: { id: 'e1' },
  })
})

it('keeps what the other plugins want when one throws', async () => {
  const bad = withHandler('bad', () => {
    throw new TypeError('no such thing')
  })
  const good = withHandler('good', ({ id }, told) => [told('u1', { id })])
  const [outcome] = await dispatch([bad, good], incoming('a'))
  expect(toldBy(outcome)).toEqual([['good', 1]])
  expect(failuresOf(outcome)).toEqual([
    ['bad', 'bookingCreated', 'HANDLER_FAILED: bad.bookingCreated threw TypeError: no such thing'],
  ])
})

it('tries a handler three times before it gives up, and succeeds when a later try does', async () => {
  let tries = 0
  const failing = withHandler('failing', async () => {
    tries++
    throw new Error('away')
  })
  expect((await dispatch([failing], incoming('a')))[0]?.failures).toHaveLength(1)
  expect(tries).toBe(3)

  const recovering = withHandler('recovering', ({ id }, told) => {
    if (tries++ < 5) throw new Error('away')
    return [told('u1', { id })]
  })
  const [outcome] = await dispatch([recovering], incoming('a'))
  expect(failuresOf(outcome)).toEqual([])
  expect(toldBy(outcome)).toEqual([['recovering', 1]])
})

it('aborts a handler that does not end, and gives up within two seconds in all', async () => {
  const signals: AbortSignal[] = []
  const stuck = withHandler('stuck', (_event, _told, signal) => {
    signals.push(signal)
    return new Promise(() => {})
  })
  const began = performance.now()
  const [outcome] = await dispatch([stuck], incoming('a'), 1_500)
  expect(performance.now() - began).toBeLessThanOrEqual(2_000)
  expect(signals.length).toBeGreaterThan(1)
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
  expect(outcome?.failures[0]?.error.code).toBe('HANDLER_TIMED_OUT')
})

it.each([
  ['nothing', undefined, 'EFFECTS_NOT_A_LIST: odd.bookingCreated returned nothing, expected a list of effects'],
  ['a string', 'u1', 'EFFECTS_NOT_A_LIST: odd.bookingCreated returned u1, expected a list of effects'],
  [
    'an effect made by hand',
    [{ kind: 'erase', person: 'u1' }],
    'EFFECTS_NOT_A_LIST: odd.bookingCreated returned a list with an object of kind, person, expected a list of effects',
  ],
  [
    'a number in a list',
    [[7]],
    'EFFECTS_NOT_A_LIST: odd.bookingCreated returned a list with 7, expected a list of effects',
  ],
])('refuses a handler that returns %s', async (_what, returned, message) => {
  const [outcome] = await dispatch([withHandler('odd', () => returned)], incoming('a'))
  expect(failuresOf(outcome)).toEqual([['odd', 'bookingCreated', message]])
  expect(outcome?.effects).toEqual([])
})

it('takes a locale in any case for the one that translations are named by', async () => {
  const plugin = definePlugin({
    id: 'people',
    events: booking,
    messages: {},
    on: { bookingCreated: ({ data }, { profile }) => [profile(data.userId, { locale: 'DE-at' })] },
  })
  const [outcome] = await dispatch([plugin], incoming('a'))
  expect(outcome?.effects).toMatchObject([{ effects: [{ kind: 'profile', profile: { locale: 'de-AT' } }] }])
})

it('names every value that makes an effect invalid, and applies nothing of that handler', async () => {
  const plugin: AnyPlugin = {
    ...definePlugin({
      id: 'bad',
      events: booking,
      messages: { m: { title: '{n, number} {at, date, short}', body: '{text}' } },
      on: {},
    }),
    on: {
      bookingCreated: (_event: unknown, { notify }: { notify: { m: (...all: unknown[]) => unknown } }) => [
        notify.m(
          ['ok', '', 'a\0b'],
          { n: 'seven', at: 'tomorrow', text: '\ud800' },
          { except: { people: [] }, link: 7, expiresAt: 'soon', data: { a: 1n } },
        ),
      ],
    },
  }
  const [outcome] = await dispatch([plugin], incoming('a'))
  const paths = outcome?.failures[0]?.error.problems.map(({ path }) => path)
  expect(outcome?.failures[0]?.error.code).toBe('EFFECT_INVALID')
  expect(new Set(paths)).toEqual(
    new Set(['to', 'audience', 'parameters.n', 'parameters.at', 'parameters.text', 'link', 'data', 'expiresAt']),
  )
})

it('runs events of one key in order and events of different keys side by side', async () => {
  const running = new Set<string>()
  const seen: string[] = []
  let most = 0
  const plugin = withHandler('p', async ({ id }) => {
    running.add(id)
    most = Math.max(most, running.size)
    await new Promise((resolve) => setTimeout(resolve, id === 'e0' ? 500 : 10))
    running.delete(id)
    seen.push(id)
    return []
  })
  await dispatch([plugin], incoming('a', 'a', 'b', 'c'))
  expect(seen.indexOf('e0')).toBeLessThan(seen.indexOf('e1'))
  expect(seen.slice(0, 2).sort()).toEqual(['e2', 'e3'])
  expect(most).toBe(3)
})

it('warns once of an effect that was made and not returned', async () => {
  const lines: string[] = []
  const keep = (_fields: object, sentence: string) => void lines.push(sentence)
  const plugin = withHandler('p', ({ id }, told) => {
    told('u2', { id })
    return [told('u1', { id })]
  })
  const host = createHost({ plugins: [plugin], logger: { debug: keep, info: keep, warn: keep, error: keep } })
  const outcomes = await host.dispatch(incoming('a', 'b', 'c'))
  expect(outcomes.map(toldBy)).toEqual([[['p', 1]], [['p', 1]], [['p', 1]]])
  expect(lines).toEqual(['notify.told made by p.bookingCreated, but not returned'])
})

it('fails a handler at once when something that it has started fails and is not caught', async () => {
  const bad = withHandler('bad', () => {
    // As an uncaught exception comes up: in the context in which it was begun.
    setTimeout(
      AsyncResource.bind(() => blameHandler(new Error('lost'))),
      5,
    )
    return new Promise(() => {})
  })
  const [outcome] = await dispatch([bad], incoming('a'), 1_000_000)
  expect(failuresOf(outcome)).toEqual([
    ['bad', 'bookingCreated', 'HANDLER_FAILED: bad.bookingCreated threw Error: lost'],
  ])
})

it('logs of which event it was what fails when its handler has answered, and takes nothing back', async () => {
  const lines: object[] = []
  const line = (fields: object, sentence: string) => void lines.push({ ...fields, sentence })
  const late: (() => boolean)[] = []
  const hasty = withHandler('hasty', async ({ id }, told) => {
    late.push(AsyncResource.bind(() => blameHandler(new Error('lost'))))
    return [told('u1', { id })]
  })
  const logger = { debug: line, info: line, warn: line, error: line }
  const [outcome] = await createHost({ plugins: [hasty], logger }).dispatch(incoming('a'))
  expect(late.map((fail) => fail())).toEqual([true])
  expect(toldBy(outcome)).toEqual([['hasty', 1]])
  expect(lines).toMatchObject([
    { code: 'HANDLER_LEFT_ERROR', plugin: 'hasty', handler: 'bookingCreated', event: 'e0', err: new Error('lost') },
  ])
})

it('blames no handler for what none has begun', () => {
  expect(blameHandler(new Error('of no handler'))).toBe(false)
})

it.each([
  ['at once', (result: unknown) => result],
  ['later', async (result: unknown) => result],
])('fails a handler alone that answers %s with a list that holds what cannot be looked at', async (_, answer) => {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  const broken = withHandler('broken', () => answer([proxy]))
  const good = withHandler('good', ({ id }, told) => [told('u1', { id })])
  const [outcome] = await dispatch([broken, good], incoming('b1'))
  expect(toldBy(outcome)).toEqual([['good', 1]])
  expect(failuresOf(outcome)).toMatchObject([['broken', 'bookingCreated', expect.stringContaining('revoked')]])
})

it('runs the handlers of at most 500 events at once, and of the others as soon as these return', async () => {
  let running = 0
  const counts: number[] = []
  const slow = withHandler('slow', async ({ id }, told) => {
    counts.push(++running)
    await new Promise((resolve) => setTimeout(resolve, 100))
    running--
    return [told('u1', { id })]
  })
  const keys = Array.from({ length: 1_200 }, (_, index) => `b${index}`)
  const outcomes = await dispatch([slow], incoming(...keys))
  expect(Math.max(...counts)).toBe(500)
  expect(outcomes.map((outcome) => toldBy(outcome)?.length)).toEqual(keys.map(() => 1))
})
