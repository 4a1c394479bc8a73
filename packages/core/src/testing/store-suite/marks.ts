import assert from 'node:assert/strict'
import { happen, notify } from '../batches.ts'
import { defineRules, head, list, seqs } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('changes nothing and takes no number where a mark is there already', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.deepEqual(Object.keys((await store.inboxes.mark('u1', 1, { read: false, archived: false })) ?? {}), ['answer'])
  assert.deepEqual(Object.keys((await store.inboxes.mark('u1', 1, {})) ?? {}), ['answer'])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
  assert.deepEqual(
    [await store.inboxes.mark('u1', 2, { read: true }), await store.inboxes.mark('u2', 1, { read: true })],
    [undefined, undefined],
  )
})

rule('sets no more than marks, whatever else comes with them', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  const marks = { read: true, seq: 1, title: 'another', withdrawn: true }
  const { seq, title, read } = (await store.inboxes.mark('u1', 2, marks))?.answer ?? {}
  assert.deepEqual([seq, title, read], [2, 'p.said', true])
  assert.deepEqual(
    (await list(store, 'u1')).map((one) => [one.seq, one.read]),
    [
      [2, true],
      [1, false],
    ],
  )
})

rule(
  'marks everything up to a number as read with one number, and touches no row that has no mark of its own',
  async (store) => {
    await happen(store, { id: 'e1', effects: Array.from({ length: 5 }, () => notify('u1')) })
    await store.inboxes.mark('u1', 2, { read: true })
    await store.inboxes.mark('u1', 2, { read: false })
    const { answer, change } = await store.inboxes.readThrough('u1', 3)
    assert.deepEqual(answer, { head: 8, unread: 2 })
    assert.deepEqual(change, { person: 'u1', after: 7, head: 8, unread: 2, readThrough: 3, items: [] })
    assert.deepEqual(
      (await list(store, 'u1')).map(({ seq, rev, read }) => [seq, rev, read]),
      [
        [5, 5, false],
        [4, 4, false],
        [3, 3, true],
        [2, 7, true],
        [1, 1, true],
      ],
    )
  },
)

rule('takes a mark beyond the head as the head, and a lower or an idle one as nothing', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
  assert.equal((await store.inboxes.readThrough('u1', 2)).change?.readThrough, 2)
  await store.inboxes.mark('u1', 1, { read: false })
  assert.deepEqual(await store.inboxes.readThrough('u1', 1), { answer: { head: 5, unread: 2 } })
  assert.equal((await store.inboxes.readThrough('u1', 999)).change?.readThrough, 5)
  assert.deepEqual(await store.inboxes.readThrough('u1', 999), { answer: { head: 6, unread: 0 } })
  assert.deepEqual(await store.inboxes.readThrough('nobody', 5), { answer: { head: 0, unread: 0 } })
})

rule('lets what is marked unread after all was read be unread', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await store.inboxes.readThrough('u1', 2)
  assert.equal((await store.inboxes.mark('u1', 1, { read: false }))?.answer.read, false)
  assert.deepEqual([await head(store, 'u1'), seqs(await list(store, 'u1', 'unread'))], [[4, 1], [1]])
})

rule('does not count what is archived, and counts it again when it is brought back', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  assert.deepEqual((await store.inboxes.mark('u1', 1, { archived: true }))?.answer.read, false)
  assert.deepEqual(
    [await head(store, 'u1'), seqs(await list(store, 'u1')), seqs(await list(store, 'u1', 'archived'))],
    [[3, 1], [2], [1]],
  )
  await store.inboxes.mark('u1', 1, { archived: false })
  assert.deepEqual(await head(store, 'u1'), [4, 2])
})

/** The rules of marks. */
export const marks = rules
