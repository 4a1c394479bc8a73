import assert from 'node:assert/strict'
import type { Blocked } from '../../ports/topics.ts'
import { batchOf, sliceOf } from '../batches.ts'
import { defineRules } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('remembers which topics are paused', async (store) => {
  await store.topics.setPaused('b', true)
  await store.topics.setPaused('a', true)
  await store.topics.setPaused('a', true)
  assert.deepEqual((await store.topics.paused()).toSorted(), ['a', 'b'])
  await store.topics.setPaused('a', false)
  await store.topics.setPaused('c', false)
  assert.deepEqual(await store.topics.paused(), ['b'])
})

const blocked = (offset: number, more: Partial<Blocked> = {}): Blocked => ({
  topic: 't',
  partition: 0,
  offset,
  plugin: 'p',
  why: 'it did not come back',
  ...more,
})
const order = (all: readonly Blocked[]) =>
  all.map(({ topic, partition, offset, plugin }) => `${topic} ${partition} ${offset} ${plugin}`).toSorted()

rule('keeps which event a plugin must not get, until its partition is applied beyond it', async (store) => {
  await store.positions.beginAt([{ topic: 't', partition: 0, next: 4 }])
  const all = [blocked(3), blocked(4), blocked(4, { plugin: 'q' }), blocked(2 ** 40, { partition: 1 })]
  for (const one of [...all, blocked(0, { topic: 'other' })]) await store.topics.block(one)
  assert.deepEqual(order(await store.topics.blocked(['t'])), ['t 0 4 p', 't 0 4 q', `t 1 ${2 ** 40} p`])
  assert.deepEqual(await store.topics.blocked(['other']), [blocked(0, { topic: 'other' })])
  assert.deepEqual(await store.topics.blocked([]), [])
  await store.batches.apply(batchOf(sliceOf(4, [{ id: 'e4' }])))
  assert.deepEqual(order(await store.topics.blocked(['t', 'other'])), ['other 0 0 p', `t 1 ${2 ** 40} p`])
})

rule('keeps which record must not be decoded, beside events that a plugin must not get', async (store) => {
  await store.positions.beginAt([{ topic: 't', partition: 0, next: 4 }])
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

rule('keeps the latest reason of what is blocked more than once, whatever its text', async (store) => {
  await store.topics.block(blocked(4))
  await store.topics.block(blocked(4, { why: 'a\0b \ud800' }))
  assert.deepEqual(await store.topics.blocked(['t']), [blocked(4, { why: 'a\ufffdb \ufffd' })])
})

rule('deletes what is blocked once its partition is applied beyond it, and nothing else', async (store) => {
  const never = { identities: 0, others: 0 }
  await store.positions.beginAt([{ topic: 't', partition: 0, next: 4 }])
  for (const one of [blocked(3), blocked(4), blocked(0, { topic: 'other' })]) await store.topics.block(one)
  assert.deepEqual([await store.upkeep.prune(never), await store.upkeep.prune(never)], [1, 0])
  assert.deepEqual(order(await store.topics.blocked(['t', 'other'])), ['other 0 0 p', 't 0 4 p'])
})

/** The rules of topics: what is paused, and what is blocked. */
export const topics = rules
