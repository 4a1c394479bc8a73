import { BelfryError } from '@belfry/contracts/errors'
import type { Change, Effect, Store } from '@belfry/core'
import { batchOf, type Happening, sliceOf, start } from '@belfry/core/testing'
import { createDraws, randomTimeout, secondsOf, seedOfTest } from '@belfry/test-services/random'
import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, openPostgres } from '../../src/index.ts'
import { postgres } from '../one-database.ts'
import { withoutRequestTimeouts } from '../without-request-timeouts.ts'
import { everythingOf, expectClientToAgree, now, options } from './agree.ts'
import { Client } from './client.ts'
import { happening, people } from './steps.ts'

/*
 * Eight writers apply what overlaps all the time, while others mark, tell large audiences, expire, delete, erase and give back, each on
 * connections of its own. Whatever each of them is answered must fit together in the end.
 */

const WRITERS = 8
/** Only this one is erased: what became of the numbers of the others can be followed to the end. */
const mortal = people[4] ?? ''

/** Happenings of one writer, new ones and now and then one that another has sent too. */
function* happeningsOf(seed: number, writer: number): Generator<readonly Happening[]> {
  for (let round = 0; ; round++) {
    const some = fc.sample(fc.array(happening, { minLength: 1, maxLength: 8 }), {
      numRuns: 20,
      seed: seed + writer * 1e6 + round,
    })
    for (const [index, each] of some.entries())
      yield each.map((one, place) => ({
        ...one,
        id: place % 4 === 3 ? `${one.id} of ${Math.floor(round / 4)}` : `${writer} ${round} ${index} ${place}`,
        effects: (one.effects ?? []).map((effect) => inRound(effect, `${round} ${index % 5}`)),
      }))
  }
}

/** Keys of rounds of their own, because a key that was withdrawn is withdrawn for good. */
function inRound(effect: Effect, round: string): Effect {
  if (effect.kind === 'erase') return { ...effect, person: mortal }
  if (effect.kind === 'withdraw' || (effect.kind === 'notify' && effect.key !== undefined))
    return { ...effect, key: `${effect.key} ${round}` }
  return effect
}

describe.skipIf(postgres === undefined)('eight writers', () => {
  it('leave numbers without a gap, unread right, and every event applied once', {
    timeout: randomTimeout(),
  }, async () => {
    const url = (await postgres?.createDatabase()) ?? ''
    const database = withoutRequestTimeouts(await openPostgres({ url, backgroundPoolSize: WRITERS + 9 }))
    const store = await createStore(database, options)
    const told = new Map<string, Change[]>(people.map((person) => [person, []]))
    const seed = seedOfTest()
    const until = performance.now() + secondsOf(5) * 1_000
    const counts = { calls: 0, events: 0, fresh: 0, changes: 0 }
    const refused: string[] = []
    const sent = new Set<string>()
    const hear = (changes: readonly Change[]) => {
      for (const change of changes) told.get(change.person)?.push(change)
      counts.changes += changes.length
    }

    /** Asks again, as the intake does, as long as that may help. */
    const insist = async <T>(call: () => Promise<T>): Promise<T> => {
      for (;;) {
        counts.calls++
        try {
          return await call()
        } catch (error) {
          if (!(error instanceof BelfryError) || error.code !== 'STORE_UNAVAILABLE') throw error
          refused.push(error.message)
        }
      }
    }
    const write = async (writer: number) => {
      const topic = `t${writer}`
      let from = 0
      await store.positions.beginAt([{ topic, partition: 0, next: 0 }])
      for (const happenings of happeningsOf(seed, writer)) {
        if (performance.now() > until) break
        const slice = sliceOf(from, happenings, topic)
        const applied = await insist(() => store.batches.apply(batchOf(slice)))
        expect(applied.lost).toEqual([])
        hear(applied.changes)
        from = slice.next
        const events = slice.entries.flatMap(({ event }) => (event ? event.id : []))
        for (const id of events) sent.add(id)
        counts.events += events.length
        counts.fresh += events.length - applied.repeats.length
      }
      expect(await store.positions.beginAt([{ topic, partition: 0, next: 0 }])).toEqual([
        { topic, partition: 0, next: from },
      ])
    }
    /** Does something over and over, as long as the writers write. */
    const loop = async (number: number, act: (next: () => number) => Promise<readonly Change[]>) => {
      const draws = createDraws(seed + number)
      while (performance.now() < until) hear(await act(() => draws.below(2 ** 24)))
    }
    const anybody = (next: () => number) => people[next() % people.length] ?? ''
    const mark = async (next: () => number) => {
      const person = anybody(next)
      const { head } = await insist(() => store.inboxes.page(person, { limit: 1, filter: 'all' }))
      const marks = { [next() % 2 ? 'read' : 'archived']: next() % 3 > 0 }
      const { change } =
        (await insist(() => store.inboxes.mark(person, Math.max(1, head - (next() % 20)), marks))) ?? {}
      return change ? [change] : []
    }
    const readThrough = async (next: () => number) => {
      const person = anybody(next)
      const { head } = await insist(() => store.inboxes.page(person, { limit: 1, filter: 'all' }))
      const { change } = await insist(() => store.inboxes.readThrough(person, Math.max(0, head - (next() % 30))))
      return change ? [change] : []
    }
    const fanOut = async () => (await insist(() => store.upkeep.fanOut(start, 2))).changes
    const expire = async (next: () => number) => insist(() => store.upkeep.expire(start + (next() % 5) * 60_000, 7))
    const retain = async (next: () => number) => {
      const before = start + (next() % 4) * 60_000
      const { changes } = await insist(() =>
        store.upkeep.retain({ at: start + 86_400_000, readBefore: before, before: start }),
      )
      await insist(() => store.upkeep.prune({ identities: 0, others: start }))
      return changes
    }
    const erase = async (next: () => number) => {
      if (next() % 8 === 0) await insist(() => store.people.erase(mortal, start))
      return []
    }
    const retry = async (next: () => number) => {
      const [letter] = await insist(() => store.deadLetters.list({ limit: 1 + (next() % 3) }))
      if (letter === undefined) return []
      const [one] = fc.sample(happening, { numRuns: 1, seed: next() })
      const effects = (one?.effects ?? []).filter(({ kind }) => kind !== 'erase')
      const [entry] = sliceOf(0, [{ id: `retry ${letter.id}`, effects, key: 'e1' }]).entries
      if (entry?.event === undefined) return []
      const own = { ...entry, event: { ...entry.event, ...letter.event } }
      if (letter.event === undefined) return []
      const retried = await insist(() => store.deadLetters.retry(letter.id, { at: start, entry: own, force: true }))
      return retried.kind === 'applied' ? retried.applied.changes : []
    }

    await Promise.all([
      ...Array.from({ length: WRITERS }, (_, writer) => write(writer)),
      ...[mark, mark, readThrough, fanOut, fanOut, expire, retain, erase, retry].map((act, number) =>
        loop(number, act),
      ),
    ])
    for (let more = true; more; ) {
      const step = await store.upkeep.fanOut(start, 100)
      hear(step.changes)
      more = step.more
    }

    // What has expired is out of the lists at once, and out of the count when it has been swept.
    for (let swept = await store.upkeep.expire(now, 100); swept.length > 0; swept = await store.upkeep.expire(now, 100))
      hear(swept)

    for (const person of people) await expectToFit(store, person, told.get(person) ?? [])
    expect(counts.fresh).toBe(sent.size)
    const { rows } = await sql<{ deadlocks: string }>`select deadlocks from pg_stat_database
      where datname = current_database()`.execute(database.db)
    console.log(counts, `deadlocks: ${rows[0]?.deadlocks}, said to pass: ${refused.length}`)
    // Everybody keeps one order of locks.
    expect(refused).toEqual([])
    await store.close()
  })
})

/** The changes of a person, in the order of their numbers, follow one another, and lead to what the store shows. */
async function expectToFit(store: Store, person: string, changes: readonly Change[]) {
  const client = new Client(person)
  const sorted = changes.toSorted((a, b) => a.head - b.head)
  if (person !== mortal) {
    expect(sorted.map(({ after }) => after)).toEqual([0, ...sorted.map(({ head }) => head)].slice(0, sorted.length))
    for (const change of sorted) expect(client.receive(change)).toBe(false)
  } else await client.resume(store)
  await expectClientToAgree(store, person, client)
  const all = await everythingOf(store, person, 'all')
  const { unread } = await store.inboxes.page(person, { limit: 1, filter: 'all' })
  expect(all.filter(({ read, archived }) => !read && !archived).length).toBe(unread)
}
