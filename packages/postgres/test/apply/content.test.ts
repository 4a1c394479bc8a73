import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, type Database } from '../../src/index.ts'
import { engines, oneDatabase } from '../one-database.ts'

const storeOn = (database: Database) => createStore(database, { render: renderPlainly, clock: () => start })

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`the content of events on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    it('is kept as a hash of eight bytes, which differs with the salt of the store', async () => {
      const database = await empty()
      const [first, second] = [database, Object.assign(Object.create(database), { salt: 'another' })]
      const hashes: string[] = []
      for (const [index, one] of [first, second].entries()) {
        await happen(await storeOn(one), { id: `e${index}`, content: 'the same' })
        const { rows } = await sql<{ content: string }>`select encode(content, 'hex') as content from event
          order by at, id`.execute(database.background)
        hashes.push(...rows.map(({ content }) => content))
      }
      const [own, ...all] = hashes
      expect(own).toMatch(/^[0-9a-f]{16}$/)
      expect(new Set(all).size).toBe(2)
    })

    it('is not compared where an earlier version has applied the event beside this one', async () => {
      const database = await empty()
      const store = await storeOn(database)
      await happen(store, { id: 'e1', content: 'first', effects: [notify('u1')] })
      const { rows } = await sql<{ id: string }>`delete from event returning id::text`.execute(database.background)
      // Its statement, with the identity that both versions have.
      await sql`insert into event (id, at) select id::uuid, now() from unnest(${rows.map(({ id }) => id)}::text[]) as id
        on conflict do nothing returning id`.execute(database.background)
      const { repeats, changes } = await happen(store, { id: 'e1', content: 'second', effects: [notify('u1')] })
      expect([repeats, changes]).toEqual([[{ topic: 't', partition: 0, offset: 1 }], []])
    })
  })
