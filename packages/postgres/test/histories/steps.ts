import type { DeadLetter, Effect } from '@belfry/core'
import { type Happening, notify, start, to } from '@belfry/core/testing'
import fc from 'fast-check'

/**
 * People, audiences and keys are few, so that histories cross themselves all the time. Languages order these names in another way
 * than bytes do.
 */
export const people = ['u1', 'U2', 'ü3', 'V4', 'u5']
const person = fc.constantFrom(...people)
const audience = fc.constantFrom('a', 'b')
const because = fc.constantFrom('x', 'y')
const key = fc.constantFrom('k', 'l')
const names = fc.array(fc.constantFrom(...people, '#a', '#b', '#everyone'), { maxLength: 4 })
const minute = fc.integer({ min: 0, max: 8 })
const moment = minute.map((one) => new Date(start + one * 60_000).toISOString())
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })

/** Leaves out what is undefined, as exact types want it. */
const defined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

const notifies = fc
  .record({ whom: names, except: names, key: maybe(key), expiresAt: maybe(moment), category: maybe(fc.constant('c')) })
  .map(({ whom, except, ...more }) => {
    const excepted = new Set(except.filter((name) => name !== '#everyone'))
    return notify([...new Set(whom)], { except: to(...excepted), ...defined(more) })
  })
const joins = fc
  .record({ people: fc.uniqueArray(person, { minLength: 1, maxLength: 4 }), audience, because, until: maybe(moment) })
  .map(
    ({ people: some, audience: name, because: why, until }): Effect => ({
      kind: 'join',
      people: some,
      audience: name,
      because: why,
      ...(until !== undefined && { until }),
    }),
  )
const leaves = fc.record({ audience, because, person: maybe(person) }).map(
  ({ person: one, ...rest }): Effect => ({
    kind: 'leave',
    ...rest,
    ...(one !== undefined && { person: one }),
  }),
)

const effect: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 7, arbitrary: notifies },
  { weight: 3, arbitrary: joins },
  { weight: 2, arbitrary: leaves },
  { weight: 1, arbitrary: audience.map((name): Effect => ({ kind: 'endAudience', audience: name })) },
  {
    weight: 3,
    arbitrary: fc
      .record({ person, locale: fc.constantFrom('de', 'fr') })
      .map(({ person: one, locale }): Effect => ({ kind: 'profile', person: one, profile: { locale } })),
  },
  { weight: 1, arbitrary: person.map((one): Effect => ({ kind: 'erase', person: one })) },
  { weight: 1, arbitrary: key.map((name): Effect => ({ kind: 'withdraw', key: name })) },
)

const letter = fc.record({ of: maybe(fc.constantFrom('p', 'q')), code: fc.constantFrom('C', 'D'), about: person }).map(
  ({ of, code, about }): DeadLetter => ({
    code,
    message: 'failed',
    headers: {},
    timestamp: start,
    type: 'suite.happened',
    key: Buffer.from('e1'),
    value: Buffer.from(JSON.stringify({ userId: about })),
    ...(of !== undefined && { plugin: of, handler: 'h' }),
  }),
)

// Ids and keys repeat now and then, as producers' do; a creation of a user begins an erased person anew.
export const happening: fc.Arbitrary<Happening> = fc.record({
  id: fc.integer({ min: 0, max: 40 }).map((id) => `e${id}`),
  key: fc.constantFrom('e1', 'e2', 'e3'),
  minute,
  type: fc.constantFrom('suite.happened', 'suite.happened', 'user.created'),
  effects: fc.array(effect, { maxLength: 5 }),
  deadLetters: fc.array(letter, { maxLength: 1 }),
  unreadable: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
})

/** Something that happens to a store. `minute` and `day` are after the suite's start. */
export type Step =
  | { readonly kind: 'batch'; readonly minute: number; readonly happenings: readonly Happening[] }
  | {
      readonly kind: 'mark'
      readonly person: string
      readonly seq: number
      readonly marks: { readonly read?: boolean; readonly archived?: boolean }
    }
  | { readonly kind: 'through'; readonly person: string; readonly through: number }
  | { readonly kind: 'fanOut'; readonly limit: number }
  | { readonly kind: 'expire'; readonly minute: number }
  | { readonly kind: 'retain'; readonly minute: number; readonly day: number }
  | { readonly kind: 'prune'; readonly minute: number }
  | { readonly kind: 'erase'; readonly person: string; readonly minute: number }
  | { readonly kind: 'retry'; readonly id: number; readonly force: boolean; readonly happening: Happening }
  | { readonly kind: 'remove'; readonly id: number }

const id = fc.integer({ min: 1, max: 6 })
const flag = maybe(fc.boolean())

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      minute,
      happenings: fc.array(happening, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        person,
        seq: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 })),
        read: flag,
        archived: flag,
      })
      .map(({ person: one, seq, ...marks }): Step => ({ kind: 'mark', person: one, seq, marks: defined(marks) })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('through' as const), person, through: fc.integer({ min: 0, max: 15 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('fanOut' as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const), minute }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retain' as const), minute, day: fc.integer({ min: 0, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), minute }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), person, minute }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retry' as const), id, force: fc.boolean(), happening }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), id }) },
)
