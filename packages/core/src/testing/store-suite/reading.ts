import assert from 'node:assert/strict'
import { happen, notify, start } from '../batches.ts'
import { defineRules, head, seqs } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('lists newest first, page by page, and by category where one is named', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: Array.from({ length: 7 }, (_, index) => notify('u1', index % 2 === 0 ? { category: 'even' } : {})),
  })
  const parts = []
  let before: number | undefined
  do {
    const page = await store.inboxes.page('u1', { limit: 3, filter: 'all', ...(before !== undefined && { before }) })
    parts.push(seqs(page.items))
    before = page.next
  } while (before !== undefined)
  assert.deepEqual(parts, [[7, 6, 5], [4, 3, 2], [1]])
  assert.deepEqual(
    seqs((await store.inboxes.page('u1', { limit: 10, filter: 'all', category: 'even' })).items),
    [7, 5, 3, 1],
  )
  assert.deepEqual(await store.inboxes.page('nobody', { limit: 10, filter: 'all' }), { items: [], head: 0, unread: 0 })
})

rule('replays what a client lacks, each once, in its latest form, in the order of the changes', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1', { key: 'k' }), notify('u1'), notify('u1')] })
  await store.inboxes.mark('u1', 2, { read: true })
  await store.inboxes.mark('u1', 2, { archived: true })
  await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
  const lacking = async (after: number) => {
    const replay = await store.inboxes.replay('u1', after)
    return replay.kind === 'reset' ? 'reset' : replay.items.map(({ seq, rev }) => [seq, rev])
  }
  assert.deepEqual(await lacking(0), [
    [3, 3],
    [2, 5],
    [1, 6],
  ])
  assert.deepEqual(await lacking(3), [
    [2, 5],
    [1, 6],
  ])
  assert.deepEqual([await lacking(5), await lacking(6), await lacking(7)], [[[1, 6]], [], 'reset'])
  assert.deepEqual(await store.inboxes.replay('u1', undefined), {
    kind: 'changes',
    after: 6,
    head: 6,
    unread: 1,
    items: [],
  })
  assert.deepEqual(await store.inboxes.replay('nobody', 0), {
    kind: 'changes',
    after: 0,
    head: 0,
    unread: 0,
    items: [],
  })
})

rule('replays a mark through a number to clients that lack it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await store.inboxes.readThrough('u1', 1)
  await happen(store, { id: 'e2', effects: [notify('u1')] })
  const marks = []
  for (const after of [0, 2, 3]) {
    const replay = await store.inboxes.replay('u1', after)
    marks.push(replay.kind === 'changes' ? replay.readThrough : 'reset')
  }
  assert.deepEqual(marks, [1, 1, undefined])
})

rule('replays a thousand, and resets clients that lack more', async (store) => {
  await happen(store, { id: 'e1', effects: Array.from({ length: 1_001 }, () => notify('u1')) })
  const kinds = [await store.inboxes.replay('u1', 0), await store.inboxes.replay('u1', 1)].map((replay) =>
    replay.kind === 'reset' ? 'reset' : replay.items.length,
  )
  assert.deepEqual(kinds, ['reset', 1_000])
})

rule('returns the heads of people who have an inbox', async (store) => {
  await happen(store, { id: 'e1', effects: [notify(['u1', "u'2"]), notify('u1')] })
  await store.inboxes.mark('u1', 1, { read: true })
  assert.deepEqual(
    await store.inboxes.heads(["u'2", 'nobody', 'u1', 'u1']),
    new Map([
      ["u'2", 1],
      ['u1', 3],
    ]),
  )
  assert.deepEqual([await store.inboxes.heads([]), await store.inboxes.heads(['nobody'])], [new Map(), new Map()])
  await store.people.erase('u1', start)
  assert.deepEqual(await store.inboxes.heads(['u1']), new Map())
  assert.deepEqual(await head(store, "u'2"), [1, 1])
})

/** The rules of reading: pages, replays and heads. */
export const reading = rules
