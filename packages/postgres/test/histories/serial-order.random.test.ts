import type { Change, Effect, Entry, ListedLetter, Store } from '@belfry/core'
import { createMemoryStore, type Happening, sliceOf, start } from '@belfry/core/testing'
import { randomRuns, randomTimeout } from '@belfry/test-services/random'
import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { createStore, type Database } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'
import { engines, oneDatabase } from '../one-database.ts'
import { options as small } from './agree.ts'
import { happening, people } from './steps.ts'
import { visible } from './visible.ts'

/*
 * Eight writers at once, and what each of them was answered. Every transaction takes a number as the last thing that it does, so that
 * whoever waits for another's locks has a later one. In the order of these numbers the store in memory does the same, one thing after
 * the other: it must give the same answers, and show everybody the same in the end.
 *
 * Left to the other histories is what looks for its work without a lock, and so may find it a step later: large audiences, expiry,
 * retention. Profiles stand still, and each writer has audiences of its own, because who is in an audience is read without a lock too.
 */

const WRITERS = 8
const [, open] = engines.find(([name]) => name === 'Postgres') ?? []
const options = { ...small, fanOutOver: 300 }
const topics = Array.from({ length: WRITERS }, (_, writer) => `t${writer}`)
/** The only one who is erased. */
const mortal = people[4] ?? ''

type Call =
  | { readonly kind: 'batch'; readonly happenings: readonly Happening[] }
  | {
      readonly kind: 'mark'
      readonly person: string
      readonly back: number
      readonly marks: { readonly read?: boolean; readonly archived?: boolean }
    }
  | { readonly kind: 'through'; readonly person: string; readonly back: number }
  | { readonly kind: 'erase' }
  | { readonly kind: 'retry'; readonly nth: number; readonly force: boolean; readonly happening: Happening }
/** A call as it was made, which the store in memory can make again. */
type Act = (store: Store) => Promise<unknown>

const person = fc.constantFrom(...people)
const back = fc.nat({ max: 6 })
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(happening, { minLength: 1, maxLength: 6 })
      .map((happenings): Call => ({ kind: 'batch', happenings })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ person, back, read: fc.boolean(), archived: fc.boolean(), which: fc.nat({ max: 2 }) })
      .map(({ person: one, back: by, read, archived, which }): Call => {
        const marks = which === 0 ? { read } : which === 1 ? { archived } : { read, archived }
        return { kind: 'mark', person: one, back: by, marks }
      }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('through' as const), person, back }) },
  { weight: 1, arbitrary: fc.constant<Call>({ kind: 'erase' }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retry' as const), nth: back, force: fc.boolean(), happening }),
  },
)

/** What a writer wants, with audiences of its own, and keys that others use at about the same time. */
function ofWriter(effect: Effect, writer: number, round: number): Effect | undefined {
  const own = (audience: string) => (audience === 'everyone' ? audience : `${audience} of ${writer}`)
  if (effect.kind === 'profile') return undefined
  if (effect.kind === 'erase') return { ...effect, person: mortal }
  if (effect.kind === 'withdraw') return { ...effect, key: `${effect.key} ${round}` }
  if (effect.kind !== 'notify') return { ...effect, audience: own(effect.audience) }
  const { to, except, key } = effect
  return {
    ...effect,
    to: { ...to, audiences: to.audiences.map(own) },
    except: { ...except, audiences: except.audiences.map(own) },
    ...(key !== undefined && { key: `${key} ${round}` }),
  }
}

/** Some events are sent by others at about the same time: whichever is first has its effects. */
const happens = (writer: number, round: number, one: Happening, place: number): Happening => ({
  ...one,
  id: place % 3 === 2 ? `${one.id} in ${round}` : `${writer} ${round} ${place}`,
  effects: (one.effects ?? []).flatMap((effect) => ofWriter(effect, writer, round) ?? []),
})

const byPerson = (changes: readonly Change[]) => changes.toSorted((a, b) => (a.person < b.person ? -1 : 1))

/** The entry that a retry of this letter applies. */
function entryOf({ effects: all = [] }: Happening, { event }: ListedLetter, writer: number, round: number): Entry {
  const id = `retry ${writer} ${round}`
  const effects = all.flatMap((effect) => (effect.kind === 'erase' ? [] : (ofWriter(effect, writer, round) ?? [])))
  const [entry] = sliceOf(0, [{ id, key: 'e1', effects }]).entries
  if (entry?.event === undefined) throw new Error('a slice of one happening has one entry')
  return { ...entry, event: { ...entry.event, ...event } }
}

describe.skipIf(open === undefined)('on Postgres', () => {
  const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
  beforeAll(async () => void (await sql`create sequence turn`.execute((await empty()).db)))

  /** Runs the calls of one writer, and answers what was done, with its turn. */
  const write = async (database: Database, writer: number, calls: readonly Call[]) => {
    let turn = 0
    const counting = aroundTransactions(database, {
      async before(trx) {
        const { rows } = await sql<{ turn: number | string }>`select nextval('turn') as turn`.execute(trx)
        turn = Number(rows[0]?.turn)
      },
    })
    const store = await createStore({ ...counting, db: counting.background }, options)
    const done: { readonly turn: number; readonly act: Act; readonly answered: unknown }[] = []
    const topic = topics[writer] ?? ''
    let from = 0
    for (const [round, one] of calls.entries()) {
      const act = await actOf(store, one, { writer, round, topic, from })
      if (one.kind === 'batch') from += one.happenings.length
      if (act === undefined) continue
      turn = 0
      const answered = await act(store)
      // What has done nothing may have looked before somebody else was done.
      if (answered !== undefined) done.push({ turn, act, answered })
    }
    return done
  }

  it('eight writers at once leave what one after the other would leave', { timeout: randomTimeout() }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(call, { minLength: 4, maxLength: 10 }), { minLength: WRITERS, maxLength: WRITERS }),
        async (programs) => {
          const database = await empty()
          const store = await createStore(database, options)
          const model = createMemoryStore(options)
          for (const each of [store, model]) await begin(each)
          const done = (await Promise.all(programs.map((calls, writer) => write(database, writer, calls)))).flat()
          expect(new Set(done.map(({ turn }) => turn)).size).toBe(done.length)
          for (const { act, answered } of done.toSorted((a, b) => a.turn - b.turn))
            expect(await act(model)).toEqual(answered)
          expect(await shown(store)).toEqual(await shown(model))
        },
      ),
      // The same programs meet in another way each time: a shorter one proves nothing by passing.
      { ...randomRuns(25), endOnFailure: true },
    )
  })
})

/** Everybody has a profile, and every topic a position. */
async function begin(store: Store): Promise<void> {
  await store.positions.beginAt(['t', ...topics].map((topic) => ({ topic, partition: 0, next: 0 })))
  const profiles = people.map((one): Effect => ({ kind: 'profile', person: one, profile: { locale: 'de' } }))
  await store.batches.apply({ at: start, slices: [sliceOf(0, [{ id: 'begin', effects: profiles }])] })
}

/** What a call is when its turn comes: by then it is known which notification or letter it is about. */
async function actOf(
  store: Store,
  one: Call,
  { writer, round, topic, from }: { writer: number; round: number; topic: string; from: number },
): Promise<Act | undefined> {
  if (one.kind === 'batch') {
    const happenings = one.happenings.map((each, place) => happens(writer, round, each, place))
    const slice = sliceOf(from, happenings, topic)
    return async (each) => {
      const { changes, ...rest } = await each.batches.apply({ at: start, slices: [slice] })
      return { ...rest, erased: rest.erased.toSorted(), changes: byPerson(changes) }
    }
  }
  if (one.kind === 'erase') return (each) => each.people.erase(mortal, start)
  if (one.kind === 'retry') {
    const letter = (await store.deadLetters.list({ limit: 7 }))[one.nth]
    if (letter === undefined) return undefined
    const entry = entryOf(one.happening, letter, writer, round)
    return async (each) => {
      // Ids of letters are given in the order in which they are asked for, not in that of turns.
      const found = (await each.deadLetters.list({ limit: 1_000 })).find(
        (other) => other.topic === letter.topic && other.offset === letter.offset,
      )
      const retried = found && (await each.deadLetters.retry(found.id, { at: start, entry, force: one.force }))
      if (retried?.kind !== 'applied' && retried?.kind !== 'failed') return undefined
      return retried.applied && { ...retried.applied, changes: byPerson(retried.applied.changes) }
    }
  }
  const { head } = await store.inboxes.page(one.person, { limit: 1, filter: 'all' })
  const seq = Math.max(1, head - one.back)
  return async (each) => {
    const marked =
      one.kind === 'mark'
        ? await each.inboxes.mark(one.person, seq, one.marks)
        : await each.inboxes.readThrough(one.person, seq)
    return marked?.change && marked
  }
}

/** Everything that people and operators can see, but for the ids of letters. */
async function shown(store: Store) {
  const { letters, some: _, ...rest } = await visible(store)
  const byPlace = (a: { topic: string; offset?: number }, b: { topic: string; offset?: number }) =>
    a.topic === b.topic ? (a.offset ?? 0) - (b.offset ?? 0) : a.topic < b.topic ? -1 : 1
  const writers = await store.positions.beginAt(topics.map((topic) => ({ topic, partition: 0, next: 0 })))
  return {
    ...rest,
    writers: writers.toSorted(byPlace),
    letters: letters.toSorted(byPlace).map(({ id: __, ...letter }) => letter),
  }
}
