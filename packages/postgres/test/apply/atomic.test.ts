import { batchOf, happen, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore } from '../../src/index.ts'
import { crashing } from '../histories/crashing.ts'
import { engines, oneDatabase } from '../one-database.ts'

const effects = [
  { kind: 'profile', person: 'u1', profile: { locale: 'de' } },
  { kind: 'join', people: ['u1'], audience: 'a', because: 'x' },
  notify('u1', { key: 'k' }),
  { kind: 'withdraw', key: 'other' },
] as const

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`a batch on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    it('leaves nothing behind, whichever of its statements could not be sent', async () => {
      const { database, arm } = crashing(await empty())
      const store = await createStore(database, { render: renderPlainly, clock: () => start })
      await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
      const batch = batchOf(sliceOf(0, [{ id: 'e1', effects }]))
      let broken = 0
      for (let isDone = false; !isDone; ) {
        await arm({ at: broken + 1, done: false })
        isDone = await store.batches.apply(batch).then(
          () => true,
          () => false,
        )
        await arm(undefined)
        if (isDone) break
        broken++
        expect(await store.inboxes.page('u1', { limit: 10, filter: 'all' })).toMatchObject({ items: [] })
        expect(await store.positions.of(['t'])).toMatchObject([{ next: 0 }])
      }
      // Positions, identities, people and audiences, keys, the inbox, the membership, the profile and the withdrawal.
      expect(broken).toBeGreaterThanOrEqual(8)
      expect(await store.inboxes.page('u1', { limit: 10, filter: 'all' })).toMatchObject({ items: [{ seq: 1 }] })
    })

    it('says why its first statement failed, not that those behind it were not done', async () => {
      const database = await empty()
      const store = await createStore(database, { render: renderPlainly, clock: () => start })
      await sql`create function busy() returns trigger language plpgsql as
        $$ begin raise exception 'somebody holds it' using errcode = '55P03'; end $$`.execute(database.background)
      await sql`create trigger busy before insert or update on inbox for each statement execute function busy()`.execute(
        database.background,
      )
      await expect(happen(store, { id: 'e1', effects })).rejects.toThrow(
        'STORE_UNAVAILABLE: the store is away: somebody holds it (55P03)',
      )
      await sql`drop function busy() cascade`.execute(database.background)
      expect(await happen(store, { id: 'e1', effects })).toMatchObject({ changes: [{ person: 'u1', head: 1 }] })
    })
  })
