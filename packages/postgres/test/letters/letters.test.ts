import type { DeadLetter } from '@belfry/core'
import { happen, renderPlainly, start } from '@belfry/core/testing'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, type Database } from '../../src/index.ts'
import { engines, oneDatabase } from '../one-database.ts'

const letter = (value: unknown, more: Partial<DeadLetter> = {}): DeadLetter => ({
  code: 'HANDLER_FAILED',
  message: 'it failed',
  plugin: 'q',
  handler: 'h',
  type: 'suite.happened',
  key: Buffer.from('k'),
  headers: {},
  timestamp: start,
  value: Buffer.from(JSON.stringify(value)),
  ...more,
})
const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
/** A mebibyte of a letter that names one person in its middle. */
const large = (person: string) => letter({ a: 'x'.repeat(500_000), person, b: ['y'.repeat(500_000)] })

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`dead letters on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
    const storeOn = async (database: Database) =>
      createStore(database, { render: renderPlainly, clock: () => start, fanOutOver: 3 })
    const listed = async (store: Awaited<ReturnType<typeof storeOn>>) =>
      (await store.deadLetters.list({ limit: 200 })).map(({ id }) => id)

    it('finds the people named in a letter of 80,000 names, and in one of an earlier version', async () => {
      const database = await empty()
      const store = await storeOn(database)
      const { plugin: _, handler: __, ...undecoded } = letter({ people: names(80_000) })
      await happen(
        store,
        { id: 'e1', deadLetters: [letter({ people: names(80_000) })] },
        { id: '-', unreadable: true, deadLetters: [undecoded] },
        { id: 'e3', deadLetters: [letter({ userId: 'u1' }), letter({ userId: 'u2' })] },
      )
      await sql`update dead_letter set named = null where id = 3`.execute(database.db)
      expect((await store.deadLetters.find(2))?.value?.length).toBe(65_536 - 1)
      expect([await store.people.erase('u1', start), await listed(store)]).toEqual([true, [4, 2, 1]])
      // What could not be decoded has been cut by now; whom it named is known.
      const { rows } = await sql<{ bytes: number }>`select octet_length(value) as bytes from dead_letter
        order by id`.execute(database.db)
      expect(rows.slice(1, 2)).toEqual([{ bytes: 65_536 - 1 }])
      expect([await store.people.erase('n79999', start), await listed(store)]).toEqual([true, [4]])
      expect(await store.upkeep.nameLetters()).toBe(false)
    })

    it('keeps no bytes of a letter that names more than are kept', async () => {
      const store = await storeOn(await empty())
      const value = { people: names(200_100) }
      await happen(store, { id: 'e1', deadLetters: [letter(value)] })
      expect([await store.upkeep.nameLetters(), await store.upkeep.nameLetters()]).toEqual([true, false])
      const size = JSON.stringify(value).length + 1
      expect(await store.deadLetters.find(1)).toMatchObject({ value: null, key: null, size, code: 'HANDLER_FAILED' })
      expect([await store.people.erase('n7', start), await listed(store)]).toEqual([false, [1]])
    })

    it('counts an event once for all letters of its key, however many they are', async () => {
      const database = await empty()
      const store = await storeOn(database)
      const undecoded = { ...letter({}), code: 'EVENT_INVALID' }
      const flood = Array.from({ length: 500 }, () => ({ id: '-', unreadable: true, deadLetters: [undecoded] }))
      await happen(store, ...flood)
      const written = async () => {
        const { rows } = await sql<{ versions: string }>`select string_agg(ctid::text, ' ' order by id) as versions
          from dead_letter`.execute(database.db)
        return rows
      }
      const before = await written()
      await happen(store, { id: 'e1', key: 'k' }, { id: 'e2', key: 'k' }, { id: 'e3', key: 'another' })
      // No letter is written again for it.
      expect(await written()).toEqual(before)
      await happen(store, { id: 'e4', key: 'k', deadLetters: [letter({})] }, { id: 'e5', key: 'k' })
      const counts = (await store.deadLetters.list({ limit: 200 })).map(({ followedBy }) => followedBy)
      expect([counts.slice(0, 2), new Set(counts.slice(1))]).toEqual([[1, 4], new Set([4])])
      expect(
        await store.deadLetters.retry(1, {
          at: start,
          force: false,
          entry: { offset: 0, effects: [], deadLetters: [] },
        }),
      ).toEqual({ kind: 'followed', followedBy: 4 })
      // Once all letters are gone the count goes with them.
      await store.upkeep.prune({ identities: start, others: start + 1 })
      await store.upkeep.prune({ identities: start, others: start + 1 })
      const { rows } = await sql`select from letter_key`.execute(database.db)
      expect(rows).toEqual([])
    })

    it('lists letters of a mebibyte without reading them, each kind by its index', async () => {
      const database = await empty()
      const store = await storeOn(database)
      const letters = Array.from({ length: 20 }, (_, index) => large(`u${index}`))
      for (const [index, one] of letters.entries()) await happen(store, { id: `e${index}`, deadLetters: [one] })
      expect((await store.deadLetters.list({ limit: 200 })).map((one) => JSON.stringify(one).length < 1_000)).toEqual(
        letters.map(() => true),
      )
      // Hundreds of thousands of another plugin stand in the way of the only one.
      await sql`insert into dead_letter (topic, partition, "offset", plugin, code, message, headers, recorded_at, at, named)
        select 't', 0, n, 'loud', 'C' || n % 2, 'x', '{}', now(), now(), '{}' from generate_series(1, 20000) n`.execute(
        database.db,
      )
      await sql`analyze dead_letter`.execute(database.db)
      const kinds = [sql`plugin = 'q'`, sql`code = 'HANDLER_FAILED'`, sql`plugin = 'loud' and code = 'HANDLER_FAILED'`]
      for (const where of kinds) {
        const { rows } = await sql<Record<string, string>>`explain select id from dead_letter where ${where}
          order by id desc limit 51`.execute(database.db)
        expect(JSON.stringify(rows)).toMatch(/Index.*Scan.*dead_letter_(plugin|code)/)
        expect(JSON.stringify(rows)).not.toContain('Seq Scan')
      }
    })
  })
