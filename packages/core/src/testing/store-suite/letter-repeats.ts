import assert from 'node:assert/strict'
import type { Entry } from '../../ports/batches.ts'
import type { DeadLetter } from '../../ports/dead-letter.ts'
import type { Store } from '../../ports/store.ts'
import { happen, notify, sliceOf, start } from '../batches.ts'
import { defineRules, head } from './define-rules.ts'

const { rule, rules } = defineRules()

const letterOf = (more: Partial<DeadLetter>): DeadLetter => ({
  code: 'EVENT_INVALID',
  message: 'it is not valid',
  headers: {},
  timestamp: start,
  key: Buffer.from('k'),
  value: null,
  ...more,
})
const undecoded = (identity?: DeadLetter['identity']) => ({
  id: '-',
  unreadable: true,
  deadLetters: [letterOf(identity === undefined ? {} : { identity })],
})
const entryOf = (id: string): Entry => {
  const [entry] = sliceOf(0, [{ id, key: 'k', effects: [notify('u1')] }]).entries
  assert.ok(entry)
  return entry
}

rule('reports of a record that was not decoded that its event has been applied in another record', async (store) => {
  const identities = [{ source: '/suite', id: 'e1' }, { source: '/other', id: 'e1' }, { id: 'e1' }, undefined]
  await happen(store, ...identities.map(undecoded))
  const repeated = async () =>
    Promise.all(identities.map(async (_, index) => (await store.deadLetters.find(index + 1))?.repeated))
  assert.deepEqual(await repeated(), [undefined, undefined, undefined, undefined])
  await happen(store, { id: 'e1', key: 'k' })
  assert.deepEqual(await repeated(), [true, undefined, undefined, undefined])
})

rule('reports of a letter of one plugin that its event has been applied again after its identity', async (store) => {
  const failed = letterOf({ code: 'HANDLER_FAILED', plugin: 'q', handler: 'h', type: 'suite.happened' })
  await happen(store, { id: 'e1', deadLetters: [failed] })
  const repeated = async () => (await store.deadLetters.find(1))?.repeated
  const again = async (at: number) => {
    const [position] = await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
    await store.batches.apply({ at, slices: [sliceOf(position?.next ?? 0, [{ id: 'e1' }])] })
  }
  // All other plugins applied it when the letter was written, and a repeat changes nothing.
  assert.equal(await repeated(), undefined)
  await again(start + 1_000)
  assert.equal(await repeated(), undefined)
  await forgetIdentities(store)
  assert.equal(await repeated(), undefined)
  await again(start + 2_000)
  assert.equal(await repeated(), true)
})

async function forgetIdentities(store: Store) {
  for (let step = 0; step < 3; step++) await store.upkeep.prune({ identities: start + 1, others: 0 })
}

rule('retries a repeat over later events of its key without force, and nothing else', async (store) => {
  await happen(store, undecoded(), undecoded(), { id: 'e1', key: 'k' }, { id: 'e2', key: 'k' })
  const retry = (id: number, event: string, force = false) =>
    store.deadLetters.retry(id, { at: start, force, entry: entryOf(event) })
  assert.deepEqual(await retry(1, 'e9'), { kind: 'followed', followedBy: 2 })
  const repeat = await retry(1, 'e1')
  assert.deepEqual(
    [
      repeat.kind === 'applied' && repeat.applied.repeats.length,
      await store.deadLetters.find(1),
      await head(store, 'u1'),
    ],
    [1, undefined, [0, 0]],
  )
  assert.equal((await retry(2, 'e9', true)).kind, 'applied')
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule('counts the later events of the key of its event, whatever the key of its record is', async (store) => {
  const failed = { code: 'HANDLER_FAILED', plugin: 'q', handler: 'h', type: 'suite.happened' }
  const keys = [null, Buffer.from('"k"'), Buffer.from('other')]
  const deadLetters = keys.map((key) => letterOf({ ...failed, key }))
  await happen(store, { id: 'e1', key: 'k', deadLetters }, { id: 'e2', key: 'k' }, { id: 'e3', key: 'other' })
  const listed = await store.deadLetters.list({ limit: 9 })
  assert.deepEqual(
    listed.map(({ key, followedBy }) => [key, followedBy]),
    [
      ['other', 1],
      ['"k"', 1],
      [undefined, 1],
    ],
  )
  await happen(store, { id: 'e4', key: 'k' })
  const retry = (id: number) => store.deadLetters.retry(id, { at: start, force: false, entry: entryOf('e1') })
  for (const id of [1, 2, 3]) assert.deepEqual(await retry(id), { kind: 'followed', followedBy: 2 })
})

/** The rules of dead letters whose events have been sent again, or followed by others of their key. */
export const letterRepeats = rules
