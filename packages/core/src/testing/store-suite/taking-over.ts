import assert from 'node:assert/strict'
import type { Position } from '../../ports/positions.ts'
import type { Store } from '../../ports/store.ts'
import type { Blocked } from '../../ports/topics.ts'
import { batchOf, happen, notify, sliceOf, start } from '../batches.ts'
import { definePromises, head } from './promises.ts'

const { promise, promises } = definePromises()

const at = (topic: string, partition: number, next: number, log?: string): Position => ({
  ...{ topic, partition, next },
  ...(log !== undefined && { log }),
})
const sorted = (positions: readonly Position[]) =>
  positions.toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
const applyUpTo = (store: Store, topic: string, from: number, next: number) =>
  store.batches.apply(batchOf({ topic, partition: 0, from, next, entries: [] }))

promise(
  'keeps which log a position is in, and leaves both as they are when it is told where to begin',
  async (store) => {
    assert.deepEqual(await store.positions.beginAt([at('a', 0, 5, 'first')]), [at('a', 0, 5, 'first')])
    assert.deepEqual(await store.positions.beginAt([at('a', 0, 9, 'second')]), [at('a', 0, 5, 'first')])
    await store.positions.beginAt([at('b', 0, 3)])
    // One that does not say it is the embedded log's: in another it means nothing.
    assert.deepEqual(await store.positions.beginAt([at('b', 0, 0, 'first')]), [at('b', 0, 3)])
    await applyUpTo(store, 'a', 5, 6)
    assert.deepEqual(await store.positions.of(['a']), [at('a', 0, 6, 'first')])
  },
)

promise('answers the positions of the topics that it is asked for, as far as there are any', async (store) => {
  await store.positions.beginAt([at('a', 0, 5, 'log'), at('a', 10, 2), at('b', 0, 1), at('c', 0, 7)])
  assert.deepEqual(sorted(await store.positions.of(['c', 'a', 'nowhere', 'a'])), [
    at('a', 0, 5, 'log'),
    at('a', 10, 2),
    at('c', 0, 7),
  ])
  assert.deepEqual([await store.positions.of([]), await store.positions.of(['nowhere'])], [[], []])
})

promise('moves positions, each only where it still is what it is moved from', async (store) => {
  await store.positions.beginAt([at('a', 0, 5, 'old'), at('a', 1, 5, 'old'), at('b', 0, 5, 'old'), at('c', 0, 5)])
  const moved = await store.positions.move([
    { from: at('b', 0, 5, 'old'), to: at('b', 0, 2, 'new') },
    { from: at('a', 1, 4, 'old'), to: at('a', 1, 0, 'new') },
    { from: at('a', 0, 5, 'old'), to: at('a', 0, 900) },
    { from: at('c', 0, 5), to: at('c', 0, 5, 'new') },
    { from: at('nowhere', 0, 0), to: at('nowhere', 0, 1) },
  ])
  assert.equal(moved, 3)
  assert.deepEqual(sorted(await store.positions.of(['a', 'b', 'c', 'nowhere'])), [
    at('a', 0, 900),
    at('a', 1, 5, 'old'),
    at('b', 0, 2, 'new'),
    at('c', 0, 5, 'new'),
  ])
  assert.equal(await store.positions.move([]), 0)
  // Whoever was at work there has lost it.
  assert.deepEqual((await applyUpTo(store, 'b', 5, 6)).lost, [{ topic: 'b', partition: 0, next: 2 }])
})

promise('keeps in mind how far it was applied what is moved back within its log', async (store) => {
  await store.positions.beginAt([at('a', 0, 9, 'log'), at('b', 0, 9, 'log'), at('c', 0, 9, 'log')])
  await store.positions.move([
    { from: at('a', 0, 9, 'log'), to: at('a', 0, 4, 'log') },
    { from: at('b', 0, 9, 'log'), to: at('b', 0, 12, 'log') },
    { from: at('c', 0, 9, 'log'), to: at('c', 0, 4, 'new') },
  ])
  const kept = async () => sorted(await store.positions.of(['a', 'b', 'c']))
  assert.deepEqual(await kept(), [{ ...at('a', 0, 4, 'log'), reached: 9 }, at('b', 0, 12, 'log'), at('c', 0, 4, 'new')])
  assert.deepEqual(await store.positions.beginAt([at('a', 0, 0, 'log')]), [{ ...at('a', 0, 4, 'log'), reached: 9 }])
  await applyUpTo(store, 'a', 4, 6)
  await store.positions.move([{ from: at('a', 0, 6, 'log'), to: at('a', 0, 1, 'log') }])
  assert.deepEqual((await kept())[0], { ...at('a', 0, 1, 'log'), reached: 9 })
  await store.positions.move([{ from: at('a', 0, 1, 'log'), to: at('a', 0, 9, 'log') }])
  assert.deepEqual((await kept())[0], at('a', 0, 9, 'log'))
})

promise('moves a position for one of those who want to, in whatever order they name them', async (store) => {
  const topics = ['a', 'b', 'c']
  await store.positions.beginAt(topics.map((topic) => at(topic, 0, 0)))
  const move = (to: number) => (topic: string) => ({ from: at(topic, 0, 0), to: at(topic, 0, to) })
  const counts = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      store.positions.move((index % 2 === 0 ? topics : topics.toReversed()).map(move(index + 1))),
    ),
  )
  assert.deepEqual(
    counts.toSorted((a, b) => b - a),
    [3, 0, 0, 0, 0, 0, 0, 0],
  )
  assert.equal(new Set((await store.positions.of(topics)).map(({ next }) => next)).size, 1)
})

promise('has another epoch once it is renewed, and another again', async (store) => {
  const epochs = [store.history.epoch]
  for (let times = 0; times < 2; times++) {
    await store.history.renew()
    epochs.push(store.history.epoch)
  }
  assert.equal(new Set(epochs).size, 3)
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.equal(store.history.epoch, epochs[2])
})

promise('answers the heads of those who have an inbox', async (store) => {
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

const blocked = (offset: number, more: Partial<Blocked> = {}): Blocked => ({
  ...{ topic: 't', partition: 0, offset, plugin: 'p', why: 'it did not come back' },
  ...more,
})
const order = (all: readonly Blocked[]) =>
  all.map(({ topic, partition, offset, plugin }) => `${topic} ${partition} ${offset} ${plugin}`).toSorted()

promise('keeps in mind what a plugin is not to be given, until its partition is applied beyond', async (store) => {
  await store.positions.beginAt([at('t', 0, 4)])
  const all = [blocked(3), blocked(4), blocked(4, { plugin: 'q' }), blocked(2 ** 40, { partition: 1 })]
  for (const one of [...all, blocked(0, { topic: 'other' })]) await store.topics.block(one)
  assert.deepEqual(order(await store.topics.blocked(['t'])), ['t 0 4 p', 't 0 4 q', `t 1 ${2 ** 40} p`])
  assert.deepEqual(await store.topics.blocked(['other']), [blocked(0, { topic: 'other' })])
  assert.deepEqual(await store.topics.blocked([]), [])
  await store.batches.apply(batchOf(sliceOf(4, [{ id: 'e4' }])))
  assert.deepEqual(order(await store.topics.blocked(['t', 'other'])), ['other 0 0 p', `t 1 ${2 ** 40} p`])
})

promise('keeps in mind what is not to be decoded, beside what a plugin is not to be given', async (store) => {
  await store.positions.beginAt([at('t', 0, 4)])
  const { plugin: _, ...record } = blocked(5)
  for (const one of [record, blocked(5)]) await store.topics.block(one)
  assert.deepEqual(
    (await store.topics.blocked(['t'])).toSorted((a) => (a.plugin === undefined ? -1 : 1)),
    [record, blocked(5)],
  )
  await store.topics.block({ ...record, why: 'another reason' })
  assert.equal((await store.topics.blocked(['t'])).find(({ plugin }) => plugin === undefined)?.why, 'another reason')
  await store.batches.apply(batchOf(sliceOf(4, [{ id: 'e4' }, { id: 'e5' }])))
  assert.deepEqual(await store.topics.blocked(['t']), [])
})

promise('keeps the latest reason of what is blocked more than once, whatever it holds', async (store) => {
  await store.topics.block(blocked(4))
  await store.topics.block(blocked(4, { why: 'a\0b \ud800' }))
  assert.deepEqual(await store.topics.blocked(['t']), [blocked(4, { why: 'a\ufffdb \ufffd' })])
})

promise('forgets what is blocked once it is passed, and nothing else of it', async (store) => {
  const never = { identities: 0, others: 0 }
  await store.positions.beginAt([at('t', 0, 4)])
  for (const one of [blocked(3), blocked(4), blocked(0, { topic: 'other' })]) await store.topics.block(one)
  assert.deepEqual([await store.upkeep.prune(never), await store.upkeep.prune(never)], [1, 0])
  assert.deepEqual(order(await store.topics.blocked(['t', 'other'])), ['other 0 0 p', 't 0 4 p'])
})

/** What a store promises to those who take over from one another, and to the operator who helps them. */
export const takingOver = promises
