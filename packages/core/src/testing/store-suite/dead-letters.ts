import assert from 'node:assert/strict'
import { coreLimits } from '../../limits.ts'
import type { Effect } from '../../plugin/effects.ts'
import type { Entry } from '../../ports/batches.ts'
import type { DeadLetter } from '../../ports/dead-letter.ts'
import { happen, notify, sliceOf, start } from '../batches.ts'
import { defineRules, head } from './define-rules.ts'

const { rule, rules } = defineRules()

/** A dead letter, with or without a plugin, of the record of this key. */
const letter = (key: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  code: 'HANDLER_FAILED',
  message: 'it failed',
  headers: { h: '1' },
  timestamp: start,
  key: Buffer.from(key),
  value: Buffer.from([0, 255, 123]),
  ...more,
})
const ofPlugin = { plugin: 'q', handler: 'h', type: 'suite.happened' }
/** What is made of the record of an event when it is tried again. */
const entryOf = (id: string, effects: readonly Effect[], deadLetters: readonly DeadLetter[] = []): Entry => {
  const [entry] = sliceOf(0, [{ id, effects, deadLetters }]).entries
  assert.ok(entry)
  return entry
}

rule('keeps dead letters with their bytes, lists the newest first, and removes them', async (store) => {
  await happen(
    store,
    { id: 'e1', deadLetters: [letter('e1', ofPlugin)] },
    { id: '-', unreadable: true, deadLetters: [letter('k', { code: 'EVENT_INVALID', key: null, value: null })] },
    { id: 'e3', deadLetters: [letter('e3', ofPlugin), letter('e3', { ...ofPlugin, plugin: 'r' })] },
  )
  const { list, find, remove } = store.deadLetters
  const all = await list({ limit: 10 })
  assert.deepEqual(
    all.map(({ id, offset, plugin, code }) => [id, offset, plugin, code]),
    [
      [4, 2, 'r', 'HANDLER_FAILED'],
      [3, 2, 'q', 'HANDLER_FAILED'],
      [2, 1, undefined, 'EVENT_INVALID'],
      [1, 0, 'q', 'HANDLER_FAILED'],
    ],
  )
  assert.deepEqual(
    (await list({ limit: 2, before: 4 })).map(({ id }) => id),
    [3, 2],
  )
  assert.deepEqual(
    (await list({ limit: 9, plugin: 'q' })).map(({ id }) => id),
    [3, 1],
  )
  assert.deepEqual(
    (await list({ limit: 9, code: 'EVENT_INVALID' })).map(({ id }) => id),
    [2],
  )
  const first = await find(1)
  assert.deepEqual(
    { ...first, key: Buffer.from(first?.key ?? []), value: Buffer.from(first?.value ?? []) },
    {
      ...letter('e1', ofPlugin),
      id: 1,
      topic: 't',
      partition: 0,
      offset: 0,
      at: new Date(start).toISOString(),
      followedBy: 0,
      event: { source: '/suite', id: 'e1' },
    },
  )
  assert.deepEqual([(await find(2))?.event, (await find(2))?.value], [undefined, null])
  assert.deepEqual([await remove(3), await remove(3), await find(3)], [true, false, undefined])
})

rule('keeps the remedy of a dead letter, and that of the reason why it failed again', async (store) => {
  await happen(
    store,
    { id: 'e1', deadLetters: [letter('e1', { ...ofPlugin, remedy: `Fix it. \0${'x'.repeat(3_000)}` })] },
    { id: 'e2', deadLetters: [letter('e2', ofPlugin)] },
  )
  const remedies = async () => (await store.deadLetters.list({ limit: 9 })).map(({ remedy }) => remedy)
  const [none, kept] = await remedies()
  assert.deepEqual(
    [none, kept?.slice(0, 9), kept?.length],
    [undefined, 'Fix it. \ufffd', coreLimits.LETTER_MESSAGE.most],
  )
  const again = (remedy?: string) => letter('e1', { ...ofPlugin, ...(remedy !== undefined && { remedy }) })
  for (const remedy of ['Turn it.', undefined]) {
    await store.deadLetters.retry(1, { at: start, force: false, entry: entryOf('e1', [], [again(remedy)]) })
    assert.deepEqual([await remedies(), (await store.deadLetters.find(1))?.remedy], [[undefined, remedy], remedy])
  }
})

rule('counts the later events of the same key that were applied', async (store) => {
  const keyed = (id: string, key: string) => ({ id, key, deadLetters: id === 'e1' ? [letter('k', ofPlugin)] : [] })
  await happen(store, keyed('e1', 'k'), keyed('e2', 'k'), keyed('e3', 'other'))
  const count = async () => (await store.deadLetters.find(1))?.followedBy
  assert.equal(await count(), 1)
  await happen(store, keyed('e4', 'k'), keyed('e5', 'k'), keyed('e4', 'k'))
  assert.equal(await count(), 3)
})

rule('applies the retry of a dead letter, and removes it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')], deadLetters: [letter('e1', ofPlugin)] })
  const retried = await store.deadLetters.retry(1, { at: start, force: false, entry: entryOf('e1', [notify('u2')]) })
  assert.equal(retried.kind, 'applied')
  assert.deepEqual(retried.kind === 'applied' && retried.applied.changes.map(({ person }) => person), ['u2'])
  assert.deepEqual([(await store.inboxes.why('u2', 1))?.offset, await head(store, 'u1')], [0, [1, 1]])
  assert.deepEqual(await store.deadLetters.retry(1, { at: start, force: true, entry: entryOf('e1', []) }), {
    kind: 'missing',
  })
})

rule(
  'keeps of what could not be decoded the beginning and the size, and of what can be tried again all',
  async (store) => {
    const text = JSON.stringify({ userId: 'u1', junk: 'x'.repeat(200_000), last: 'u2' })
    const large = { key: Buffer.from('k'), value: Buffer.from(text), headers: { h: '1' } }
    const all = (id: string) => ({ ...letter(id, ofPlugin), ...large })
    await happen(
      store,
      { id: '-', unreadable: true, deadLetters: [{ ...letter('k', { code: 'EVENT_INVALID' }), ...large }] },
      { id: 'e1', deadLetters: [all('e1')] },
    )
    const [cut, whole] = [await store.deadLetters.find(1), await store.deadLetters.find(2)]
    const size = text.length + 3
    assert.deepEqual(
      [String(cut?.key && Buffer.from(cut.key)), cut?.headers, cut?.value?.length, cut?.size],
      ['k', { h: '1' }, coreLimits.LETTER_BYTES.most - 3, size],
    )
    assert.deepEqual([whole?.value?.length, whole?.size], [text.length, undefined])
    const listed = await store.deadLetters.list({ limit: 9 })
    assert.deepEqual(
      listed.map((one) => [one.id, one.size, Object.keys(one).includes('value'), one.key, 'headers' in one]),
      [
        [2, undefined, false, 'k', false],
        [1, size, false, 'k', false],
      ],
    )
    // The people named beyond the part that is kept are stored, too.
    assert.deepEqual(
      [await store.people.erase('u2', start), (await store.deadLetters.list({ limit: 9 })).length],
      [true, 0],
    )
  },
)

rule('keeps all of a record that was not decoded because it had ended its thread', async (store) => {
  const value = Buffer.from(JSON.stringify({ userId: 'u1', junk: 'x'.repeat(1_200_000), last: 'u2' }))
  await happen(
    store,
    { id: '-', unreadable: true, deadLetters: [{ ...letter('k', { code: 'RECORD_BLOCKED' }), value }] },
    { id: '+', unreadable: true, deadLetters: [{ ...letter('k', { code: 'EVENT_REFUSED' }), value }] },
  )
  for (const id of [1, 2]) {
    const kept = await store.deadLetters.find(id)
    assert.deepEqual([kept?.value?.length, kept?.size], [value.length, undefined])
  }
  // The people that it names are found without parsing it.
  assert.deepEqual(
    [await store.people.erase('u2', start), (await store.deadLetters.list({ limit: 9 })).length],
    [true, 0],
  )
})

rule('shows the beginning of a large record, and its size', async (store) => {
  const value = Buffer.from('x'.repeat(100_000))
  await happen(store, { id: 'e1', deadLetters: [letter('e1', { ...ofPlugin, value, headers: { h: 'ü' } })] })
  const [some, all, enough] = [
    await store.deadLetters.find(1, 1_000),
    await store.deadLetters.find(1),
    await store.deadLetters.find(1, 100_000),
  ]
  assert.deepEqual([some?.value?.length, some?.size], [1_000, 100_005])
  assert.deepEqual(
    [all?.value?.length, all?.size, enough?.value?.length, enough?.size],
    [100_000, undefined, 100_000, undefined],
  )
})

rule('keeps no more of a sentence than an operator reads', async (store) => {
  const message = 'why '.repeat(100_000)
  await happen(store, { id: 'e1', deadLetters: [letter('e1', { ...ofPlugin, message })] })
  const [listed] = await store.deadLetters.list({ limit: 1 })
  assert.deepEqual([listed?.message.length, listed?.message.at(-1)], [coreLimits.LETTER_MESSAGE.most, '…'])
  const again = letter('e1', { ...ofPlugin, message })
  await store.deadLetters.retry(1, { at: start, force: false, entry: entryOf('e1', [], [again]) })
  assert.deepEqual((await store.deadLetters.find(1))?.message.length, coreLimits.LETTER_MESSAGE.most)
})

rule('keeps what fails again, with the reason of this time', async (store) => {
  await happen(store, { id: 'e1', deadLetters: [letter('e1', ofPlugin)] })
  const again = letter('e1', { ...ofPlugin, code: 'HANDLER_TIMED_OUT', message: 'too slow' })
  const retried = await store.deadLetters.retry(1, {
    at: start,
    force: false,
    entry: entryOf('e1', [], [again]),
  })
  assert.deepEqual(retried, { kind: 'failed', letter: again })
  assert.equal((await store.deadLetters.find(1))?.code, 'HANDLER_TIMED_OUT')
})

rule('applies what a plugin keeps although it fails, and keeps its letter', async (store) => {
  const join: Effect = { kind: 'join', people: ['u1'], audience: 'a', because: 'e1' }
  const profile = (locale: string): Effect => ({ kind: 'profile', person: 'u1', profile: { locale } })
  await happen(store, { id: 'e1', key: 'k', effects: [join, profile('de')], deadLetters: [letter('k', ofPlugin)] })
  const again = letter('k', { ...ofPlugin, code: 'EFFECT_INVALID', message: 'too long' })
  const entry = entryOf('e1', [profile('fr')], [again, letter('k', { ...ofPlugin, plugin: 'r' })])
  const retry = () => store.deadLetters.retry(1, { at: start, force: false, entry })
  const retried = await retry()
  assert.deepEqual([retried.kind, retried.kind === 'failed' && retried.applied?.changes], ['failed', []])
  assert.deepEqual(
    (await store.deadLetters.list({ limit: 9 })).map(({ id, plugin, code }) => [id, plugin, code]),
    [
      [2, 'r', 'HANDLER_FAILED'],
      [1, 'q', 'EFFECT_INVALID'],
    ],
  )
  await happen(store, { id: 'e2', key: 'k', effects: [notify('#a')] })
  assert.deepEqual(await retry(), { kind: 'followed', followedBy: 1 })
  const { items } = await store.inboxes.page('u1', { limit: 9, filter: 'all' })
  assert.deepEqual([items.length, items[0]?.title], [1, 'p.said in fr'])
})

rule('keeps the letter of a plugin that fails again while it erases a person whom the letter names', async (store) => {
  const naming = letter('k', { ...ofPlugin, value: Buffer.from('{"userId":"u1"}') })
  await happen(store, { id: 'e1', key: 'k', deadLetters: [naming] }, { id: 'e2', deadLetters: [naming] })
  const entry = entryOf('e1', [{ kind: 'erase', person: 'u1' }], [naming])
  const { kind } = await store.deadLetters.retry(1, { at: start, force: true, entry })
  const [left, ...more] = await store.deadLetters.list({ limit: 9 })
  assert.deepEqual([kind, left?.id, more], ['failed', 1, []])
})

rule('applies over later events of its key only by force', async (store) => {
  await happen(store, { id: 'e1', key: 'k', deadLetters: [letter('k', ofPlugin)] }, { id: 'e2', key: 'k' })
  const retry = (force: boolean) =>
    store.deadLetters.retry(1, { at: start, force, entry: entryOf('e1', [notify('u1')]) })
  assert.deepEqual([await retry(false), await head(store, 'u1')], [{ kind: 'followed', followedBy: 1 }, [0, 0]])
  assert.deepEqual([(await retry(true)).kind, await head(store, 'u1')], ['applied', [1, 1]])
})

rule(
  'applies once what could not be decoded and was sent again, and keeps what one plugin still cannot handle',
  async (store) => {
    const unreadable = { id: '-', unreadable: true, deadLetters: [letter('k', { code: 'EVENT_INVALID' })] }
    await happen(store, unreadable, unreadable, { id: 'e1', effects: [notify('u1')] })
    const retry = (id: number, entry: Entry) => store.deadLetters.retry(id, { at: start, force: false, entry })
    const repeat = await retry(1, entryOf('e1', [notify('u1')]))
    assert.deepEqual(repeat.kind === 'applied' && repeat.applied.repeats.length, 1)
    await retry(2, entryOf('e9', [notify('u2')], [letter('k', ofPlugin)]))
    assert.deepEqual(
      [await head(store, 'u1'), await head(store, 'u2')],
      [
        [1, 1],
        [1, 1],
      ],
    )
    assert.deepEqual(
      (await store.deadLetters.list({ limit: 9 })).map(({ id, plugin, event, offset }) => [
        id,
        plugin,
        event?.id,
        offset,
      ]),
      [[3, 'q', 'e9', 1]],
    )
  },
)

rule('reports that what could not be decoded was sent again with other content, and applied', async (store) => {
  const unreadable = { id: '-', unreadable: true, deadLetters: [letter('k', { code: 'EVENT_INVALID' })] }
  await happen(store, unreadable, unreadable, { id: 'e1', content: 'corrected', effects: [notify('u1')] })
  const repeatsOf = async (id: number, content: string) => {
    const [entry] = sliceOf(0, [{ id: 'e1', content, effects: [notify('u1')] }]).entries
    assert.ok(entry)
    const retried = await store.deadLetters.retry(id, { at: start, force: false, entry })
    return retried.kind === 'applied' ? retried.applied.repeats : []
  }
  const [other] = await repeatsOf(1, 'broken')
  assert.ok(other?.other !== undefined && other.other.applied !== other.other.sent)
  assert.deepEqual(await repeatsOf(2, 'corrected'), [{ topic: 't', partition: 0, offset: 1 }])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule('applies a dead letter once, however many retry at once', async (store) => {
  await happen(store, { id: 'e1', deadLetters: [letter('e1', ofPlugin)] })
  const kinds = await Promise.all(
    Array.from({ length: 5 }, () =>
      store.deadLetters.retry(1, { at: start, force: false, entry: entryOf('e1', [notify('u1')]) }),
    ),
  )
  assert.deepEqual([kinds.filter(({ kind }) => kind === 'applied').length, await head(store, 'u1')], [1, [1, 1]])
})

/** The rules of dead letters. */
export const deadLetters = rules
