import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { PGlite } from '@electric-sql/pglite'
import { Client } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { createStore, type Database, openPGlite, openPostgres } from '../src/index.ts'
import { postgres } from './one-database.ts'

// Made by `pg_dump --inserts` of a database that Belfry 0.1.0 had worked on.
const dump = readFileSync(new URL('fixtures/store-of-0.1.0.sql', import.meta.url), 'utf8')

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const newPostgres = postgres?.createDatabase
async function loaded(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(dump)
  await client.end()
  return url
}

const engines: readonly (readonly [string, (() => Promise<Database>) | undefined])[] = [
  [
    'PGlite',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'belfry-0.1.0-'))
      endings.push(() => rmSync(folder, { recursive: true }))
      const pglite = new PGlite(join(folder, 'pglite'))
      await pglite.exec(dump)
      await pglite.close()
      return openPGlite({ folder })
    },
  ],
  ['Postgres', newPostgres && (async () => openPostgres({ url: await loaded(await newPostgres()) }))],
]

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`a store of 0.1.0 on ${name}`, () => {
    async function opened() {
      if (open === undefined) throw new Error('no such engine')
      const store = await createStore(await open(), { render: renderPlainly, clock: () => start, fanOutOver: 3 })
      endings.push(store.close)
      const listed = async () => (await store.deadLetters.list({ limit: 9 })).map(({ id }) => id)
      return { store, listed }
    }

    it('is there as it was', async () => {
      const { store, listed } = await opened()
      const { items, head, unread } = await store.inboxes.page('u1', { limit: 9, filter: 'all' })
      expect([items.map(({ seq, body, withdrawn, read }) => [seq, body, withdrawn, read]), head, unread]).toEqual([
        [[2, 'second', false, true]],
        4,
        0,
      ])
      expect(await store.inboxes.heads(['u1', 'u2', 'u3', 'u9'])).toEqual(
        new Map(Object.entries({ u1: 4, u2: 3, u3: 1 })),
      )
      expect(await store.positions.of(['t'])).toEqual([{ topic: 't', partition: 0, next: 8 }])
      expect([await store.topics.paused(), (await store.topics.blocked(['t'])).map(({ why }) => why)]).toEqual([
        ['waitlist'],
        ['blocked its thread'],
      ])
      const kept = [await store.deadLetters.find(1), await store.deadLetters.find(4)]
      expect(kept.map((letter) => Buffer.from(letter?.value ?? []).toString())).toEqual([
        '{"userId":"u1","note":"Grüße"}',
        'x'.repeat(70_000),
      ])
      expect([await listed(), kept.map((letter) => letter?.followedBy)]).toEqual([
        [5, 4, 3, 2, 1],
        [1, 0],
      ])
      // What was there before is not cut, since it could be tried again then.
      while (await store.upkeep.nameLetters());
      expect(await store.deadLetters.find(4)).toEqual(kept[1])
    })

    it('tells the large audience that it had begun with', async () => {
      const { store } = await opened()
      const { changes } = await store.upkeep.fanOut(start, 100)
      expect(changes.map(({ person }) => person)).toEqual(['f1', 'f2', 'f3', 'f4', 'u1'])
    })

    it('deletes people who are erased, with the dead letters that name them, and keeps people erased who were', async () => {
      const { store, listed } = await opened()
      expect([await store.people.erase('u1', start), await listed()]).toEqual([true, [5, 4]])
      expect([await store.people.erase('u3', start), await listed()]).toEqual([true, [5]])
      expect([await store.people.erase('w1499', start), await listed()]).toEqual([true, []])
      const { changes } = await store.upkeep.fanOut(start, 100)
      expect(changes.map(({ person }) => person)).toEqual(['f1', 'f2', 'f3', 'f4'])
      const slice = sliceOf(8, [{ id: 'new', effects: [notify(['u1', 'u9', 'u2'])] }])
      const { dropped, changes: told } = await store.batches.apply(batchOf(slice))
      expect([dropped, told.map(({ person }) => person)]).toEqual([2, ['u2']])
    })
  })
