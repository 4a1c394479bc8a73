import assert from 'node:assert/strict'
import type { Effect } from '../../plugin/effects.ts'
import { happen, notify, start } from '../batches.ts'
import { defineRules, head, list, seqs } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('numbers every change of an inbox without a gap, and moves unread with it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
  assert.equal((await store.inboxes.mark('u1', 2, { read: true }))?.change?.head, 4)
  assert.equal((await store.inboxes.mark('u1', 3, { archived: true }))?.change?.head, 5)
  assert.deepEqual(await head(store, 'u1'), [5, 1])
  const { changes } = await happen(store, { id: 'e2', effects: [notify('u1')] })
  assert.deepEqual(
    changes.map(({ after, head: to, unread, items }) => [after, to, unread, seqs(items)]),
    [[5, 6, 2, [6]]],
  )
  const all = await list(store, 'u1')
  assert.deepEqual(
    all.map(({ seq, rev, read }) => [seq, rev, read]),
    [
      [6, 6, false],
      [2, 4, true],
      [1, 1, false],
    ],
  )
})

rule('withdraws what was sent under a key, for good, as a numbered change', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: [
      notify(['u1', 'u2'], { key: 'k', link: '/x', data: { a: 1 } }),
      notify('u1', { key: 'k' }),
      notify('u1', { key: 'l' }),
    ],
  })
  await store.inboxes.mark('u1', 1, { read: true })
  const { changes } = await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
  assert.deepEqual(
    changes
      .map(({ person, after, head: to, unread, items }) => [
        person,
        after,
        to,
        unread,
        items.map(({ seq, rev, title, body, link, data, withdrawn }) => [seq, rev, title, body, link, data, withdrawn]),
      ])
      .sort(),
    [
      [
        'u1',
        4,
        6,
        1,
        [
          [1, 5, '', '', undefined, undefined, true],
          [2, 6, '', '', undefined, undefined, true],
        ],
      ],
      ['u2', 1, 2, 0, [[1, 2, '', '', undefined, undefined, true]]],
    ],
  )
  assert.deepEqual(seqs(await list(store, 'u1')), [3])
  assert.deepEqual(
    [await store.inboxes.notification('u1', 1), await store.inboxes.mark('u1', 1, { read: false })],
    [undefined, undefined],
  )
  assert.deepEqual((await happen(store, { id: 'e3', effects: [notify('u1', { key: 'k' })] })).changes, [])
  assert.deepEqual((await happen(store, { id: 'e4', effects: [{ kind: 'withdraw', key: 'k' }] })).changes, [])
})

rule('counts what is withdrawn as it was marked: one by one, or with all up to a number', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1', { key: 'k' }), notify('u1', { key: 'k' })] })
  await happen(store, { id: 'e2', effects: [notify('u1', { key: 'k' }), notify('u1', { key: 'k' }), notify('u1')] })
  await store.inboxes.readThrough('u1', 2)
  await store.inboxes.mark('u1', 3, { archived: true })
  await store.inboxes.mark('u1', 2, { read: false })
  const { changes } = await happen(store, { id: 'e3', effects: [{ kind: 'withdraw', key: 'k' }] })
  assert.deepEqual(
    changes.map(({ after, head: to, unread }) => [after, to, unread]),
    [[8, 12, 1]],
  )
})

rule('withdraws in the same batch as it sends, and before it sends', async (store) => {
  const { changes } = await happen(
    store,
    { id: 'e1', effects: [notify('u1', { key: 'k' }), notify('u1')] },
    { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }, notify('u1', { key: 'k' })] },
    { id: 'e3', effects: [{ kind: 'withdraw', key: 'later' }] },
    { id: 'e4', effects: [notify('u1', { key: 'later' })] },
  )
  assert.deepEqual(
    changes.map(({ after, head: to, unread, items }) => [after, to, unread, items.map(({ seq, rev }) => [seq, rev])]),
    [
      [
        0,
        3,
        1,
        [
          [2, 2],
          [1, 3],
        ],
      ],
    ],
  )
})

rule('drops what has expired before it arrives, at once or step by step', async (store) => {
  const expiresAt = new Date(start + 60_000).toISOString()
  const people = Array.from({ length: 400 }, (_, index) => `p${String(index).padStart(3, '0')}`)
  const join: Effect = { kind: 'join', people, audience: 'a', because: 'x' }
  await happen(store, {
    id: 'e1',
    effects: [join, notify('#a', { expiresAt }), notify('u1', { expiresAt: new Date(start).toISOString() })],
  })
  assert.deepEqual(await head(store, 'u1'), [0, 0])
  assert.equal((await store.upkeep.fanOut(start + 59_999, 100)).changes.length, 100)
  assert.deepEqual(
    [(await store.upkeep.fanOut(start + 60_000, 100)).changes, (await store.upkeep.fanOut(start, 100)).more],
    [[], false],
  )
})

rule('hides what has expired at once, and withdraws it, numbered, when it is swept', async (store, clock) => {
  const expiresAt = new Date(start + 60_000).toISOString()
  await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt }), notify('u1'), notify('u2', { expiresAt })] })
  assert.deepEqual(await store.upkeep.expire(clock.now, 10), [])
  clock.now += 60_000
  assert.deepEqual([seqs(await list(store, 'u1')), await store.inboxes.notification('u1', 1)], [[2], undefined])
  const changes = await store.upkeep.expire(clock.now, 10)
  assert.deepEqual(
    changes
      .map(({ person, after, head: to, unread, items }) => [
        person,
        after,
        to,
        unread,
        items.map(({ seq, rev, withdrawn }) => [seq, rev, withdrawn]),
      ])
      .sort(),
    [
      ['u1', 2, 3, 1, [[1, 3, true]]],
      ['u2', 1, 2, 0, [[1, 2, true]]],
    ],
  )
  assert.deepEqual(await store.upkeep.expire(clock.now, 10), [])
})

/** The rules of changes in an inbox: numbers, withdrawal, expiry. */
export const inboxes = rules
