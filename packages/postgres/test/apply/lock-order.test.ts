import type { Effect } from '@belfry/core'
import { batchOf, happen, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, type Database, openPostgres } from '../../src/index.ts'
import { withoutRequestTimeouts } from '../without-request-timeouts.ts'

const options = { render: renderPlainly, clock: () => start }
/** Resolves once so many sessions wait for a lock. */
const waiting = (database: Database, count: number) =>
  expect
    .poll(async () => {
      const { rows } = await sql`select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock'`.execute(database.db)
      return rows.length
    })
    .toBe(count)

/** Holds what a table has of a person until it is let go. */
async function hold(database: Database, table: 'inbox' | 'profile', person: string): Promise<() => Promise<void>> {
  const gate = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const holding = database.background.transaction().execute(async (trx) => {
    await sql`select from ${sql.table(table)} where person = ${person} for update`.execute(trx)
    locked.resolve()
    await gate.promise
  })
  await locked.promise
  return () => {
    gate.resolve()
    return holding
  }
}

const join = (person: string, minute: number): Effect => ({
  kind: 'join',
  people: [person],
  audience: 'a',
  because: 'x',
  until: new Date(start + minute * 60_000).toISOString(),
})

describe.skipIf(isMissing(findPrograms()))('on Postgres', () => {
  const upkeeps = [
    ['expiry', (store: Awaited<ReturnType<typeof createStore>>) => store.upkeep.expire(start + 1, 9)],
    [
      'retention',
      (store: Awaited<ReturnType<typeof createStore>>) =>
        store.upkeep.retain({ at: start, readBefore: start + 1, before: start + 1 }),
    ],
  ] as const

  for (const [name, run] of upkeeps)
    it(`a batch that erases in its middle and ${name} never wait for each other crosswise`, async () => {
      await using server = await startPostgres()
      const database = withoutRequestTimeouts(await openPostgres({ url: await server.createDatabase('belfry') }))
      const store = await createStore(database, options)
      const expiresAt = new Date(start + 1).toISOString()
      await happen(store, { id: 'e1', effects: [notify(['u1', 'u2', 'u3', 'u4'], { expiresAt })] })
      const release = await hold(database, 'inbox', 'u2')
      // It has the inbox of u1, and waits for that of u2 before it takes that of u3.
      const keeping = run(store)
      await waiting(database, 1)
      const batch = batchOf(
        sliceOf(1, [{ id: 'e2', effects: [notify('u3'), { kind: 'erase', person: 'u4' }, notify('u1')] }]),
      )
      const applying = store.batches.apply(batch)
      await waiting(database, 2)
      await release()
      await keeping
      expect((await applying).erased).toEqual(['u4'])
      await store.close()
    })

  it('deleting what is old waits for no lock, and a membership that is being renewed stays', async () => {
    await using server = await startPostgres()
    const database = withoutRequestTimeouts(await openPostgres({ url: await server.createDatabase('belfry') }))
    const store = await createStore(database, options)
    const profile: Effect = { kind: 'profile', person: 'u2', profile: {} }
    await happen(store, { id: 'e1', effects: [join('u1', 1), profile] })
    const release = await hold(database, 'profile', 'u2')
    // It has renewed the membership, and waits for the profile.
    const renewing = store.batches.apply(batchOf(sliceOf(1, [{ id: 'e2', effects: [join('u1', 60), profile] }])))
    await waiting(database, 1)
    const pruning = store.upkeep.prune({ identities: 0, others: start + 120_000 })
    expect(await Promise.race([pruning, waiting(database, 2).then(() => 'it waits')])).toBe(0)
    await release()
    await renewing
    expect((await happen(store, { id: 'e3', effects: [notify('#a')] })).changes.length).toBe(1)
    await store.close()
  })
})
