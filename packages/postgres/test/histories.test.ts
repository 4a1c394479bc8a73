import type { Applied, Change, Effect, Slice, Store } from '@belfry/core'
import {
  batchOf,
  createMemoryStore,
  type Happening,
  notify,
  renderPlainly,
  sliceOf,
  start,
  to,
} from '@belfry/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createStore } from '../src/index.ts'
import { oneDatabase } from './one-database.ts'

/*
 * Random histories: the store gets them in batches, the store in memory one event at a time. Whatever a person can see must be
 * the same in the end, and what each batch answered must lead from one head to the next.
 */

const people = ['u1', 'u2', 'u3', 'u4']
const audiences = ['a', 'b']
const person = fc.constantFrom(...people)
const audience = fc.constantFrom(...audiences)
const because = fc.constantFrom('x', 'y')
const key = fc.constantFrom('k', 'l')
const names = fc.array(fc.constantFrom(...people, '#a', '#b', '#everyone'), { maxLength: 4 })
const moment = fc.integer({ min: 0, max: 8 }).map((minute) => new Date(start + minute * 60_000).toISOString())

const effect: fc.Arbitrary<Effect> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        names,
        except: names,
        key: fc.option(key, { nil: undefined }),
        expiresAt: fc.option(moment, { nil: undefined }),
      })
      .map(({ names: whom, except, ...more }) =>
        notify([...new Set(whom)], {
          except: to(...new Set(except)),
          ...(more.key !== undefined && { key: more.key }),
          ...(more.expiresAt !== undefined && { expiresAt: more.expiresAt }),
        }),
      ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ person, audience, because, until: fc.option(moment, { nil: undefined }) }).map(
      ({ person: one, until, ...rest }): Effect => ({
        kind: 'join',
        people: [one],
        ...rest,
        ...(until !== undefined && { until }),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ audience, because, person: fc.option(person, { nil: undefined }) })
      .map(
        ({ person: one, ...rest }): Effect => ({ kind: 'leave', ...rest, ...(one !== undefined && { person: one }) }),
      ),
  },
  { weight: 1, arbitrary: audience.map((name): Effect => ({ kind: 'endAudience', audience: name })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ person, locale: fc.constantFrom('de', 'fr') })
      .map(({ person: one, locale }): Effect => ({ kind: 'profile', person: one, profile: { locale } })),
  },
  { weight: 1, arbitrary: person.map((one): Effect => ({ kind: 'erase', person: one })) },
  { weight: 1, arbitrary: key.map((name): Effect => ({ kind: 'withdraw', key: name })) },
)

// Ids repeat now and then, as producers do.
const happening: fc.Arbitrary<Happening> = fc.record({
  id: fc.integer({ min: 0, max: 40 }).map((id) => `e${id}`),
  minute: fc.integer({ min: 0, max: 8 }),
  effects: fc.array(effect, { maxLength: 5 }),
})

type Step =
  | { readonly kind: 'batch'; readonly happenings: readonly Happening[] }
  | {
      readonly kind: 'mark'
      readonly person: string
      readonly seq: number
      readonly read?: boolean
      readonly archived?: boolean
    }
  | { readonly kind: 'through'; readonly person: string; readonly through: number }
  | { readonly kind: 'expire'; readonly minute: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(happening, { minLength: 1, maxLength: 6 })
      .map((happenings): Step => ({ kind: 'batch', happenings })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        person,
        seq: fc.integer({ min: 1, max: 12 }),
        read: fc.option(fc.boolean(), { nil: undefined }),
        archived: fc.option(fc.boolean(), { nil: undefined }),
      })
      .map(
        ({ read, archived, ...rest }): Step => ({
          kind: 'mark',
          ...rest,
          ...(read !== undefined && { read }),
          ...(archived !== undefined && { archived }),
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ person, through: fc.integer({ min: 0, max: 15 }) })
      .map((rest): Step => ({ kind: 'through', ...rest })),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 }).map((minute): Step => ({ kind: 'expire', minute })) },
)

const { empty } = oneDatabase()

/** Does one step; the store in memory gets one event at a time. Answers every change. */
async function take(store: Store, one: Step, from: number, apart: boolean): Promise<readonly Change[]> {
  if (one.kind === 'mark') {
    const { read, archived } = one
    const marked = await store.mark(one.person, one.seq, {
      ...(read !== undefined && { read }),
      ...(archived !== undefined && { archived }),
    })
    return marked?.change ? [marked.change] : []
  }
  if (one.kind === 'through') {
    const { change } = await store.readThrough(one.person, one.through)
    return change ? [change] : []
  }
  if (one.kind === 'expire') return [...(await store.expire(start + one.minute * 60_000, 100))]
  const slices: readonly Slice[] = apart
    ? one.happenings.map((each, index) => sliceOf(from + index, [each]))
    : [sliceOf(from, one.happenings)]
  const changes: Change[] = []
  for (const slice of slices) {
    const applied: Applied = await store.apply(batchOf(slice))
    expect(applied.lost).toEqual([])
    changes.push(...applied.changes)
  }
  return changes
}

/** Everything that people can see. */
async function visible(store: Store) {
  const all = []
  for (const one of people)
    all.push({
      person: one,
      all: await store.page(one, { limit: 200, filter: 'all' }),
      unread: await store.page(one, { limit: 200, filter: 'unread' }),
      archived: await store.page(one, { limit: 200, filter: 'archived' }),
      replay: await store.replay(one, 0),
      half: await store.replay(one, 4),
    })
  return all
}

it('shows everybody what a store shows that does one thing after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const clock = () => start + 4 * 60_000
      const model = createMemoryStore({ render: renderPlainly, clock })
      const store = await createStore(await empty(), { render: renderPlainly, clock })
      for (const each of [model, store]) await each.beginAt([{ topic: 't', partition: 0, next: 0 }])
      let from = 0
      for (const one of steps) {
        await take(model, one, from, true)
        for (const { after, head, items } of await take(store, one, from, false)) {
          expect(items.map(({ rev }) => rev)).toEqual(items.map(({ rev }) => rev).toSorted((a, b) => a - b))
          expect(items.every(({ rev }) => rev > after && rev <= head)).toBe(true)
        }
        if (one.kind === 'batch') from += one.happenings.length
      }
      expect(await visible(store)).toEqual(await visible(model))
    }),
    {
      numRuns: Number(process.env.BELFRY_TEST_HISTORIES ?? 150),
      ...(process.env.BELFRY_TEST_SEED !== undefined && { seed: Number(process.env.BELFRY_TEST_SEED) }),
    },
  )
})
