import assert from 'node:assert/strict'
import type { Position } from '../../ports/positions.ts'
import type { Store } from '../../ports/store.ts'
import { batchOf } from '../batches.ts'
import { defineRules } from './define-rules.ts'

const { rule, rules } = defineRules()

const at = (topic: string, partition: number, next: number, logId?: string): Position => ({
  topic,
  partition,
  next,
  ...(logId !== undefined && { logId }),
})
const sorted = (positions: readonly Position[]) =>
  positions.toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
const applyUpTo = (store: Store, topic: string, from: number, next: number) =>
  store.batches.apply(batchOf({ topic, partition: 0, from, next, entries: [] }))

rule('keeps the log of a position, and leaves both unchanged when it is given a starting one', async (store) => {
  assert.deepEqual(await store.positions.beginAt([at('a', 0, 5, 'first')]), [at('a', 0, 5, 'first')])
  assert.deepEqual(await store.positions.beginAt([at('a', 0, 9, 'second')]), [at('a', 0, 5, 'first')])
  await store.positions.beginAt([at('b', 0, 3)])
  // A position without a log belongs to the embedded log; in another log it means nothing.
  assert.deepEqual(await store.positions.beginAt([at('b', 0, 0, 'first')]), [at('b', 0, 3)])
  await applyUpTo(store, 'a', 5, 6)
  assert.deepEqual(await store.positions.of(['a']), [at('a', 0, 6, 'first')])
})

rule('returns the existing positions of topics', async (store) => {
  await store.positions.beginAt([at('a', 0, 5, 'log'), at('a', 10, 2), at('b', 0, 1), at('c', 0, 7)])
  assert.deepEqual(sorted(await store.positions.of(['c', 'a', 'nowhere', 'a'])), [
    at('a', 0, 5, 'log'),
    at('a', 10, 2),
    at('c', 0, 7),
  ])
  assert.deepEqual([await store.positions.of([]), await store.positions.of(['nowhere'])], [[], []])
})

rule('moves positions, each only where it still is what it is moved from', async (store) => {
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
  // The instance that was applying the partition has lost it.
  assert.deepEqual((await applyUpTo(store, 'b', 5, 6)).lost, [{ topic: 'b', partition: 0, next: 2 }])
})

rule('keeps how far a partition was applied when its position is moved back within its log', async (store) => {
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

rule('moves a position for one of several callers, in whatever order they name them', async (store) => {
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

/** The rules of positions: where partitions begin, and how an operator moves them. */
export const positions = rules
