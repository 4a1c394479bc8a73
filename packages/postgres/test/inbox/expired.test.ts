import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { createStore } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'
import { engines, oneDatabase } from '../one-database.ts'

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`what has expired, on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    it('is shown as withdrawn, and counts no longer, while the store takes no writes', async () => {
      let now = start
      let isWritable = true
      const database = aroundTransactions(await empty(), {
        async begin() {
          if (!isWritable) throw new Error('cannot execute UPDATE in a read-only transaction')
        },
      })
      const store = await createStore(database, { render: renderPlainly, clock: () => now })
      await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
      const expiresAt = new Date(start + 1_000).toISOString()
      await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt, link: '/x' }), notify('u1')] })
      now = start + 1_000
      isWritable = false
      const replay = await store.inboxes.replay('u1', 0)
      expect(replay).toMatchObject({ kind: 'changes', after: 0, head: 2, unread: 1 })
      expect(replay.kind === 'changes' && replay.items).toMatchObject([
        { seq: 1, rev: 1, title: '', body: '', withdrawn: true },
        { seq: 2, rev: 2, title: 'p.said', withdrawn: false },
      ])
      expect(replay).not.toHaveProperty('change')
      expect(await store.inboxes.replay('u1', 9)).toEqual({ kind: 'reset', head: 2, unread: 1 })
      isWritable = true
      expect(await store.inboxes.replay('u1', 2)).toMatchObject({ head: 3, unread: 1, items: [{ seq: 1, rev: 3 }] })
      await store.close()
    })
  })
