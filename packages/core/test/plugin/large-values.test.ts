import * as booking from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin } from '../../src/index.ts'
import { Decider } from '../../src/intake/decide.ts'
import { bookingCreatedBy } from '../some-events.ts'

/* What a handler hands over comes from events: what is said of it is short, and to refuse it takes no work that grows with it twice. */

const messages = {
  told: { title: 'Told', body: '{text}' },
  counted: { title: '{n, number}', body: '{at, date}' },
} as const
/** The makers as plain JavaScript sees them: anything goes in. */
type Make = (...values: unknown[]) => unknown
interface Makers {
  readonly notify: { readonly told: Make; readonly counted: Make }
  readonly join: Make
}
const MB = 1_000_000
const long = 'x'.repeat(MB)

const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)

/** Why a handler fails. */
async function failureOf(handle: (makers: Makers) => unknown) {
  const plugin: AnyPlugin = {
    ...definePlugin({ id: 'p', events: booking, messages, on: {} }),
    on: { bookingCreated: (_event: unknown, makers: Makers) => handle(makers) },
  }
  const [outcome] = await createHost({ plugins: [plugin] }).dispatch([
    { event: bookingCreatedBy('u1'), contract: booking.bookingCreated },
  ])
  return outcome?.failures[0]?.error
}

it('reports a list without any valid person in few words', async () => {
  const error = await failureOf(({ notify }) => [notify.told(Array(10_000).fill('a\0'), { text: 't' })])
  expect(error?.code).toBe('EFFECT_INVALID')
  expect(error?.problems).toHaveLength(101)
  expect(error?.problems.at(-1)?.message).toBe('and 9900 more')
  expect(error?.message.length).toBeLessThan(4_200)
})

it('refuses the id of a person that no contract takes, and shows its character', async () => {
  const error = await failureOf(({ notify }) => [notify.told(['u\x85', 'u\u2028'], { text: 't' })])
  expect(error?.message).toBe(
    'EFFECT_INVALID: notify.told: to is "u\\u0085", expected an id of 1 to 128 printable characters, not only dots; to is "u\\u2028", expected an id of 1 to 128 printable characters, not only dots',
  )
  const dots = await failureOf(({ notify }) => [notify.told('..', { text: 't' })])
  expect(dots?.message).toBe(
    'EFFECT_INVALID: notify.told: to is "..", expected an id of 1 to 128 printable characters, not only dots',
  )
})

it.each<[string, (makers: Makers) => unknown]>([
  ['a person', ({ notify }) => [notify.told(long, { text: 't' })]],
  [
    'people',
    ({ notify }) => [
      notify.told(
        Array.from({ length: 10_001 }, (_, index) => `u${index}`),
        { text: 't' },
      ),
    ],
  ],
  ['a text', ({ notify }) => [notify.told('u1', { text: long })]],
  ['a time', ({ notify }) => [notify.counted('u1', { n: 1, at: long })]],
  ['a number', ({ notify }) => [notify.counted('u1', { n: long, at: long })]],
  ['a number that JSON cannot hold', ({ notify }) => [notify.counted('u1', { n: 10n ** 100_000n, at: long })]],
  ['a priority', ({ notify }) => [notify.told('u1', { text: 't' }, { priority: long })]],
  ['a priority that JSON cannot hold', ({ notify }) => [notify.told('u1', { text: 't' }, { priority: 1n })]],
  ['a link', ({ notify }) => [notify.told('u1', { text: 't' }, { link: long })]],
  ['data', ({ notify }) => [notify.told('u1', { text: 't' }, { data: { long } })]],
  ['data of lists in one another', ({ notify }) => [notify.told('u1', { text: 't' }, { data: { deep: deep(100) } })]],
  [
    'data of lists in one another, without end',
    ({ notify }) => [notify.told('u1', { text: 't' }, { data: { deep: deep(100_000) } })],
  ],
  ['an audience', ({ join }) => [join('u1', { audience: long }, { because: long })]],
  ['what has no text', ({ notify }) => [notify.told('u1', { text: Object.create(null) })]],
  ['an object of long keys', ({ notify }) => [notify.told('u1', { text: { [long]: 1 } })]],
])('refuses %s that cannot be in few words', async (_what, handle) => {
  const error = await failureOf(handle)
  expect(error?.code).toBe('EFFECT_INVALID')
  expect(error?.message.length).toBeLessThan(600)
})

it.each<[string, () => unknown]>([
  ['throws', () => Promise.reject(new Error(long))],
  ['throws a text', () => Promise.reject(long)],
  ['returns', () => ({ [long]: 1 })],
  ['returns a list with', () => [long]],
])('says little of what a handler %s', async (_what, act) => {
  const error = await failureOf(act)
  expect(error?.code).toMatch(/^HANDLER_FAILED|^EFFECTS_NOT_A_LIST/)
  expect(error?.message.length).toBeLessThan(1_200)
})

it('reports and keeps little of records that cannot be read', async () => {
  const plugin = definePlugin({ id: 'p', events: booking, messages, on: { bookingCreated: () => [] } })
  const decider = new Decider({
    host: createHost({ plugins: [plugin] }),
    clock: Date.now,
    notifyMaxAge: 1_000,
    envelopes: {},
    decoding: undefined,
  })
  const records = [
    { ce_type: long },
    { ce_type: 'booking.created', 'content-type': long },
    { ce_type: 'booking.created', ce_id: long, [long]: long },
  ].map((headers, offset) => ({ offset, timestamp: 0, key: null, value: new TextEncoder().encode('{}'), headers }))
  const [slice] = await decider.decide([{ topic: 'booking', partition: 0, from: 0, next: records.length, records }])
  const letters = slice?.entries.flatMap(({ deadLetters }) => deadLetters) ?? []
  expect(letters).toHaveLength(2)
  for (const { message } of letters) expect(message.length).toBeLessThanOrEqual(2_000)
  expect(slice?.entries[0]?.unknownType?.length).toBeLessThanOrEqual(256)
})
