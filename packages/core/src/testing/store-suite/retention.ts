import assert from 'node:assert/strict'
import type { Store } from '../../ports/store.ts'
import type { Retention } from '../../ports/upkeep-steps.ts'
import { happen, notify, start } from '../batches.ts'
import { defineRules, head, join, list, seqs } from './define-rules.ts'

const { rule, rules } = defineRules()

const DAY = 86_400_000
/** Read ones are kept a day, and all two. */
const rulesAt = (at: number): Retention => ({ at, readBefore: at - DAY, before: at - 2 * DAY })

/** Takes all steps; returns how many changes there were, and how many notifications were deleted. */
async function retainAll(store: Store, rules: Retention) {
  const all = { changes: 0, deleted: 0 }
  for (let from: string | undefined = ''; from !== undefined; ) {
    const { changes, deleted, next } = await store.upkeep.retain(rules, from)
    all.changes += changes.length
    all.deleted += deleted
    from = next
  }
  return all
}

rule('deletes what is read or archived without a change, and resets clients that missed it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
  await store.inboxes.mark('u1', 1, { read: true })
  await store.inboxes.mark('u1', 2, { archived: true })
  assert.deepEqual(await retainAll(store, rulesAt(start + DAY)), { changes: 0, deleted: 0 })
  assert.deepEqual(await retainAll(store, rulesAt(start + DAY + 1)), { changes: 0, deleted: 2 })
  assert.deepEqual(
    [seqs(await list(store, 'u1')), await list(store, 'u1', 'archived'), await head(store, 'u1')],
    [[3], [], [5, 1]],
  )
  // Number 5 archived what is gone.
  assert.deepEqual(
    [(await store.inboxes.replay('u1', 4)).kind, (await store.inboxes.replay('u1', 5)).kind],
    ['reset', 'changes'],
  )
})

rule('withdraws what is unread, as a numbered change, and deletes it a day later', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await store.inboxes.readThrough('u1', 1)
  const at = start + 2 * DAY + 1
  assert.deepEqual(await retainAll(store, rulesAt(at)), { changes: 1, deleted: 1 })
  assert.deepEqual(await head(store, 'u1'), [4, 0])
  const replay = await store.inboxes.replay('u1', 3)
  assert.deepEqual(replay.kind === 'changes' && replay.items.map(({ seq, rev, withdrawn }) => [seq, rev, withdrawn]), [
    [2, 4, true],
  ])
  assert.deepEqual(await retainAll(store, rulesAt(at + DAY - 1)), { changes: 0, deleted: 0 })
  assert.deepEqual(await retainAll(store, rulesAt(at + DAY)), { changes: 0, deleted: 1 })
  assert.deepEqual([(await store.inboxes.replay('u1', 3)).kind, await head(store, 'u1')], ['reset', [4, 0]])
})

rule('deletes what was withdrawn or has expired a day after it was', async (store, clock) => {
  await happen(store, {
    id: 'e1',
    effects: [notify('u1', { key: 'k' }), notify('u1', { expiresAt: new Date(start + 1).toISOString() })],
  })
  await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
  clock.now += DAY / 2
  await store.upkeep.expire(clock.now, 10)
  assert.equal((await retainAll(store, rulesAt(start + DAY))).deleted, 1)
  assert.equal((await retainAll(store, rulesAt(start + 1.5 * DAY))).deleted, 1)
})

rule('reaches every inbox, however many there are and however much one has', async (store) => {
  const people = Array.from({ length: 450 }, (_, index) => `u${index}`)
  await happen(store, { id: 'e1', effects: [notify(people), ...Array.from({ length: 2_100 }, () => notify('u1'))] })
  while ((await store.upkeep.fanOut(start, 500)).more);
  for (const person of people) await store.inboxes.readThrough(person, 5_000)
  assert.equal((await retainAll(store, rulesAt(start + DAY + 1))).deleted, 2_550)
})

rule('deletes old identities, dead letters and memberships', async (store) => {
  const letter = { code: 'X', message: 'x', key: null, value: null, headers: {}, timestamp: start }
  await happen(store, {
    id: 'e1',
    effects: [join('u1', 'a', 'x', 10), join('u2', 'a', 'x', 30)],
    deadLetters: [letter],
  })
  assert.equal(await store.upkeep.prune({ identities: start, others: start }), 0)
  assert.equal(await store.upkeep.prune({ identities: start + 1, others: start + 20 * 60_000 }), 3)
  assert.equal((await happen(store, { id: 'e1', effects: [notify('#a')] })).changes.length, 1)
})

/** The rules of retention: what is deleted, and what is kept. */
export const retention = rules
