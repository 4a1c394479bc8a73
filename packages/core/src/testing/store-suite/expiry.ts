import assert from 'node:assert/strict'
import type { Change, Notification, Replay } from '../../ports/inboxes.ts'
import type { Store } from '../../ports/store.ts'
import { batchOf, type Happening, notify, sliceOf, start } from '../batches.ts'
import { defineRules, join, list, seqs } from './define-rules.ts'

const { rule, rules } = defineRules()

const minute = (count: number) => start + count * 60_000
const until = (count: number) => ({ expiresAt: new Date(minute(count)).toISOString() })

/** Applies happenings at this moment. */
async function happenAt(store: Store, at: number, ...happenings: readonly Happening[]) {
  const [position] = await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
  return store.batches.apply({ ...batchOf(sliceOf(position?.next ?? 0, happenings)), at })
}

/** What a client has that does nothing but follow the protocol: frames replace what it has, and no clock is read. */
class Client {
  readonly items = new Map<number, Notification>()
  head = 0
  unread = 0

  take({ after, head, unread, readThrough = 0, items }: Omit<Change, 'person'>): void {
    assert.equal(after, this.head)
    for (const [seq, item] of this.items) if (seq <= readThrough) this.items.set(seq, { ...item, read: true })
    for (const item of items) this.items.set(item.seq, item)
    this.head = head
    this.unread = unread
  }

  takeAll(changes: readonly Change[], person = 'u1'): void {
    for (const change of changes) if (change.person === person) this.take(change)
  }

  /** Checks that what it has is what a page shows now. */
  async checkAgainst(store: Store, person = 'u1'): Promise<void> {
    const page = await store.inboxes.page(person, { limit: 200, filter: 'all' })
    const shown = [...this.items.values()].filter(({ withdrawn, archived }) => !withdrawn && !archived)
    assert.deepEqual(
      { items: shown.toSorted((a, b) => b.seq - a.seq), head: this.head, unread: this.unread },
      { items: page.items, head: page.head, unread: page.unread },
    )
    assert.equal(this.unread, shown.filter(({ read }) => !read).length)
  }
}

/** An inbox of u1 in which 1, 2 and 3 expire after a minute (2 is read, 3 archived), and 5 after two. */
async function expiring(store: Store): Promise<Client> {
  const client = new Client()
  const first = [notify('u1', until(1)), notify('u1', until(1)), notify('u1', until(1)), notify('u1')]
  const { changes } = await happenAt(store, start, { id: 'e1', effects: [...first, notify('u1', until(2))] })
  client.takeAll(changes)
  for (const [seq, marks] of [
    [2, { read: true }],
    [3, { archived: true }],
  ] as const) {
    const marked = await store.inboxes.mark('u1', seq, marks)
    client.takeAll(marked?.change ? [marked.change] : [])
  }
  await client.checkAgainst(store)
  return client
}

rule(
  'counts and lists what has not expired at the same moment, whichever part of an inbox is read',
  async (store, clock) => {
    await expiring(store)
    for (const [at, all] of [
      [minute(1) - 1, [5, 4, 2, 1]],
      [minute(1), [5, 4]],
      [minute(2), [4]],
    ] as const) {
      clock.now = at
      const unread = await list(store, 'u1', 'unread')
      for (const filter of ['all', 'unread', 'archived'] as const) {
        const page = await store.inboxes.page('u1', { limit: 1, filter })
        assert.deepEqual([page.head, page.unread], [7, unread.length])
      }
      assert.deepEqual(seqs(await list(store, 'u1')), all)
      // It marks nothing, and takes no number.
      assert.deepEqual(await store.inboxes.readThrough('u1', 0), { answer: { head: 7, unread: unread.length } })
    }
    assert.equal((await list(store, 'u1', 'archived')).length, 0)
  },
)

rule(
  'withdraws what has expired before an inbox changes, so that frames alone lead to what a page shows',
  async (store, clock) => {
    const changes: readonly ((at: number) => Promise<readonly Change[]>)[] = [
      async (at) => (await happenAt(store, at, { id: 'e2', effects: [notify('u1'), notify('u1', until(9))] })).changes,
      async (at) =>
        (await happenAt(store, at, { id: 'e3', effects: [notify('u2'), { kind: 'withdraw', key: 'k' }] })).changes,
      async () => [(await store.inboxes.mark('u1', 4, { read: true }))?.change].flatMap((change) => change ?? []),
      async () => [(await store.inboxes.readThrough('u1', 99)).change].flatMap((change) => change ?? []),
    ]
    const client = await expiring(store)
    const keyed = await happenAt(store, start, {
      id: 'k',
      effects: [notify('u1', { key: 'k', ...until(3) }), notify('u1', until(4))],
    })
    client.takeAll(keyed.changes)
    for (const [index, change] of changes.entries()) {
      clock.now = minute(index + 1)
      client.takeAll(await change(clock.now))
      await client.checkAgainst(store)
      assert.deepEqual(await store.upkeep.expire(clock.now, 100), [])
    }
    clock.now = minute(9)
    client.takeAll(await store.upkeep.expire(clock.now, 100))
    await client.checkAgainst(store)
  },
)

rule('withdraws what has expired before a large audience reaches an inbox', async (store, clock) => {
  const client = await expiring(store)
  const people = Array.from({ length: 400 }, (_, index) => `p${index}`)
  await happenAt(store, start, {
    id: 'e2',
    effects: [join('u1', 'a', 'x'), { kind: 'join', people, audience: 'a', because: 'x' }, notify('#a')],
  })
  clock.now = minute(1)
  for (let more = true; more; ) {
    const step = await store.upkeep.fanOut(clock.now, 100)
    client.takeAll(step.changes)
    more = step.more
  }
  await client.checkAgainst(store)
  assert.deepEqual([client.head, client.unread], [11, 3])
})

rule(
  'takes a mark through everything that has expired as nothing, and counts no expired one twice',
  async (store, clock) => {
    const { changes } = await happenAt(store, start, { id: 'e1', effects: [notify('u1', until(1)), notify('u1')] })
    const client = new Client()
    client.takeAll(changes)
    clock.now = minute(1)
    assert.deepEqual(await store.inboxes.readThrough('u1', 1), { answer: { head: 2, unread: 1 } })
    assert.deepEqual(await store.inboxes.mark('u1', 1, { read: true }), undefined)
    const { answer, change } = await store.inboxes.readThrough('u1', 2)
    assert.deepEqual(answer, { head: 4, unread: 0 })
    client.takeAll(change ? [change] : [])
    await client.checkAgainst(store)
    await happenAt(store, clock.now, { id: 'e2', effects: [notify('u1')] })
    assert.equal((await store.inboxes.page('u1', { limit: 1, filter: 'all' })).unread, 1)
  },
)

rule(
  'withdraws what has expired before it replays, and returns that change for the other connections',
  async (store, clock) => {
    const client = await expiring(store)
    clock.now = minute(1)
    const { change, ...replay }: Replay = await store.inboxes.replay('u1', client.head)
    assert.deepEqual(change && [change.person, change.after, change.head, change.unread], ['u1', 7, 10, 2])
    assert.ok(replay.kind === 'changes')
    assert.deepEqual(
      replay.items.map(({ seq, rev, withdrawn, title }) => [seq, rev, withdrawn, title]),
      [
        [1, 8, true, ''],
        [2, 9, true, ''],
        [3, 10, true, ''],
      ],
    )
    client.take(replay)
    await client.checkAgainst(store)
    assert.deepEqual(Object.keys(await store.inboxes.replay('u1', 10)).includes('change'), false)
    clock.now = minute(2)
    const reset = await store.inboxes.replay('u1', 11)
    assert.deepEqual([reset.kind, reset.head, reset.unread, reset.change?.head], ['reset', 11, 1, 11])
    const fresh = await store.inboxes.replay('u1', undefined)
    assert.deepEqual([fresh.kind, fresh.head, fresh.unread], ['changes', 11, 1])
  },
)

/** The rules of expiry: lists, counts and frames agree while something expires. */
export const expiry = rules
