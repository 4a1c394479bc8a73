import assert from 'node:assert/strict'
import { batchOf, happen, notify, sliceOf } from '../batches.ts'
import { definePromises } from './promises.ts'

const { promise, promises } = definePromises()

promise('answers the positions of topics that there are, and in which log they are', async (store) => {
  await store.beginAt([
    { topic: 'a', partition: 1, next: 5, log: 'first' },
    { topic: 'a', partition: 0, next: 2, log: 'first' },
    { topic: 'b', partition: 0, next: 0 },
  ])
  const found = await store.positionsOf(['a', 'none'])
  assert.deepEqual(
    [...found].sort((a, b) => a.partition - b.partition),
    [
      { topic: 'a', partition: 0, next: 2, log: 'first' },
      { topic: 'a', partition: 1, next: 5, log: 'first' },
    ],
  )
})

promise('keeps the log of a position, and names it where nobody has', async (store) => {
  await store.beginAt([{ topic: 't', partition: 0, next: 0 }])
  await store.beginAt([{ topic: 't', partition: 0, next: 9, log: 'first' }])
  await store.beginAt([{ topic: 't', partition: 0, next: 9, log: 'second' }])
  await happen(store, { id: 'e1', effects: [] })
  assert.deepEqual(await store.positionsOf(['t']), [{ topic: 't', partition: 0, next: 1, log: 'first' }])
})

promise('moves a position that is still where it was seen, and no other', async (store) => {
  const from = { topic: 'a', partition: 0, next: 5, log: 'first' }
  const other = { topic: 'b', partition: 0, next: 7 }
  await store.beginAt([from, other])
  const moves = [
    { from, to: { ...from, next: 0, log: 'second' } },
    { from: { ...other, next: 6 }, to: { ...other, next: 0 } },
  ]
  assert.equal(await store.movePositions(moves), 1)
  assert.deepEqual(await store.positionsOf(['a']), [{ topic: 'a', partition: 0, next: 0, log: 'second' }])
  assert.deepEqual(await store.positionsOf(['b']), [other])
  // Whoever was applying from where it was has lost.
  const { lost } = await store.apply(batchOf(sliceOf(5, [{ id: 'e1', effects: [notify('u1')] }], 'a')))
  assert.deepEqual(lost, [{ topic: 'a', partition: 0, next: 0 }])
})

promise('answers the heads of people, and leaves out those without an inbox', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u2')] })
  assert.deepEqual(
    await store.heads(['u1', 'u2', 'u3']),
    new Map([
      ['u1', 2],
      ['u2', 1],
    ]),
  )
})

promise('remembers which plugin is not given an event, until its partition is applied beyond', async (store) => {
  await store.beginAt([{ topic: 't', partition: 0, next: 0 }])
  const blocked = { topic: 't', partition: 0, offset: 1, plugin: 'p', why: 'blocked its thread' }
  await store.block(blocked)
  await store.block(blocked)
  await store.block({ ...blocked, topic: 'other' })
  assert.deepEqual(await store.blocked(['t']), [blocked])
  await happen(store, { id: 'e1', effects: [] })
  assert.deepEqual(await store.blocked(['t']), [blocked])
  await happen(store, { id: 'e2', effects: [] })
  assert.deepEqual(await store.blocked(['t']), [])
})

promise('forgets with what is old which events were blocked and are applied', async (store) => {
  await store.beginAt([{ topic: 't', partition: 0, next: 0 }])
  await store.block({ topic: 't', partition: 0, offset: 0, plugin: 'p', why: 'blocked its thread' })
  await happen(store, { id: 'e1', effects: [] })
  assert.equal(await store.prune({ identities: 0, others: 0 }), 1)
  assert.equal(await store.prune({ identities: 0, others: 0 }), 0)
})

promise('has another history once it is renewed', async (store) => {
  const before = store.epoch
  await store.renew()
  assert.notEqual(store.epoch, before)
})

/** What several intakes and instances on one store need of it. */
export const sharing = promises
