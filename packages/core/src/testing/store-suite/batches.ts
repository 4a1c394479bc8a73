import assert from 'node:assert/strict'
import { batchOf, happen, notify, sliceOf, start, to } from '../batches.ts'
import { defineRules, head, join, list } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('applies a slice where the position stands, and moves it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.deepEqual(await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }]), [
    { topic: 't', partition: 0, next: 1 },
  ])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule(
  'applies nothing of a slice that begins at another position, returns the position, and applies the other slices',
  async (store) => {
    await store.positions.beginAt([
      { topic: 'a', partition: 0, next: 7 },
      { topic: 'b', partition: 0, next: 0 },
    ])
    const answer = await store.batches.apply(
      batchOf(
        sliceOf(3, [{ id: 'e1', effects: [notify('u1')] }], 'a'),
        sliceOf(0, [{ id: 'e2', effects: [notify('u2')] }], 'b'),
      ),
    )
    assert.deepEqual(answer.lost, [{ topic: 'a', partition: 0, next: 7 }])
    assert.deepEqual(
      answer.changes.map(({ person }) => person),
      ['u2'],
    )
    assert.deepEqual(
      [await head(store, 'u1'), await head(store, 'u2')],
      [
        [0, 0],
        [1, 1],
      ],
    )
  },
)

rule('does not move an existing position when it is given a starting one', async (store) => {
  await store.positions.beginAt([{ topic: 'a', partition: 0, next: 5 }])
  assert.deepEqual(
    await store.positions
      .beginAt([
        { topic: 'a', partition: 0, next: 9 },
        { topic: 'a', partition: 1, next: 2 },
      ])
      .then((all) => all.map(({ next }) => next).sort()),
    [2, 5],
  )
})

rule('applies an event once, however often it is sent, in one batch or in several', async (store) => {
  const event = { id: 'e1', effects: [notify('u1')] }
  const place = { topic: 't', partition: 0 }
  assert.deepEqual((await happen(store, event, event)).repeats, [{ ...place, offset: 1 }])
  const again = await happen(store, event)
  assert.deepEqual([again.repeats, again.changes], [[{ ...place, offset: 2 }], []])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule(
  'detects that an id was used again for other content, in a batch, in another and in another partition',
  async (store) => {
    const sent = (id: string, content?: string) => ({
      id,
      effects: [notify('u1')],
      ...(content !== undefined && { content }),
    })
    const inOne = await happen(store, sent('e1', 'first'), sent('e1', 'second'), sent('e1', 'first'), sent('e2'))
    await store.positions.beginAt([{ topic: 'other', partition: 0, next: 0 }])
    const inOther = await store.batches.apply(
      batchOf(sliceOf(0, [sent('e1', 'second'), sent('e1'), sent('e1', 'first')], 'other')),
    )
    const [one, ...more] = [...inOne.repeats, ...inOther.repeats].map(({ topic, offset, other }) => ({
      topic,
      offset,
      other,
    }))
    const other = one?.other
    assert.ok(other !== undefined && other.applied !== other.sent)
    assert.deepEqual(
      [one, ...more],
      [
        { topic: 't', offset: 1, other },
        { topic: 't', offset: 2, other: undefined },
        { topic: 'other', offset: 0, other },
        { topic: 'other', offset: 1, other: undefined },
        { topic: 'other', offset: 2, other: undefined },
      ],
    )
    // An event whose content was not kept repeats whatever has its id.
    assert.deepEqual((await happen(store, sent('e2', 'any'))).repeats, [{ topic: 't', partition: 0, offset: 4 }])
    assert.deepEqual(await head(store, 'u1'), [2, 2])
  },
)

rule('reports which notifications it does not send, and why', async (store) => {
  const { unsent, changes } = await happen(
    store,
    { id: 'e1', effects: [join('u1', 'a', 'b', 5), { kind: 'withdraw', key: 'gone' }] },
    { id: 'e2', effects: [notify('u1', { key: 'gone' }), notify('u1', { expiresAt: new Date(start).toISOString() })] },
    // An audience of which all members are excepted has members.
    { id: 'e3', minute: 1, effects: [notify(['u2', '#a', '#unknown', '#everyone'], { except: to('u1', 'u2') })] },
    { id: 'e4', minute: 5, effects: [notify('#a'), notify('#a', { message: 'other' })] },
    { id: 'e5', effects: [{ kind: 'profile', person: 'u3', profile: {} }, notify('#everyone')] },
  )
  assert.deepEqual(
    changes.map(({ person }) => person),
    ['u3'],
  )
  assert.deepEqual(
    unsent.map(({ event, offset, message, reason }) => [event.id, offset, message, reason]),
    [
      ['e2', 1, 'said', 'withdrawn'],
      ['e2', 1, 'said', 'expired'],
      ['e3', 2, 'said', 'empty_audience'],
      ['e3', 2, 'said', 'empty_audience'],
      ['e4', 3, 'said', 'empty_audience'],
      ['e4', 3, 'other', 'empty_audience'],
    ],
  )
  const [first] = unsent
  assert.deepEqual([first?.plugin, first?.topic, first?.partition, first?.event.source], ['p', 't', 0, '/suite'])
})

rule('goes past what could not be read', async (store) => {
  const letter = {
    code: 'X',
    message: 'a\0b \ud800',
    key: null,
    value: new Uint8Array([0, 255]),
    headers: { 'x\0': '\udfff' },
    timestamp: 0,
  }
  const { repeats } = await happen(
    store,
    { id: '-', unreadable: true, deadLetters: [letter] },
    { id: 'e1', effects: [notify('u1')], deadLetters: [{ ...letter, plugin: 'p', handler: 'h' }] },
  )
  assert.deepEqual(repeats, [])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule('takes odd names as they are', async (store) => {
  const odd = [
    '..',
    "'; drop table inbox; --",
    '🛎️',
    '"',
    '\\',
    '%',
    'a/b',
    'ü'.repeat(128),
    '{x}',
    'null',
    '__proto__',
    'constructor',
  ]
  for (const [index, name] of odd.entries())
    await happen(store, {
      id: `${name}${index}`,
      effects: [join(name, name, name), notify(`#${name}`, { text: name, key: name, category: name })],
    })
  for (const name of odd)
    assert.deepEqual(
      (await list(store, name)).map(({ body, category }) => [body, category]),
      [[name, name]],
    )
})

rule('takes the longest names there may be, of four bytes a character', async (store) => {
  let state = 1
  // Different ones, which cannot be packed.
  const long = (length: number) =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return String.fromCodePoint(0x2_0000 + ((state >>> 16) % 40_000))
    }).join('')
  const [person, audience, because, key] = [long(128), long(256), long(256), long(256)]
  await happen(store, { id: 'e1', effects: [{ kind: 'join', people: [person], audience, because }] })
  const { changes } = await happen(store, { id: 'e2', effects: [notify(`#${audience}`, { key })] })
  assert.deepEqual(
    changes.map(({ person: told }) => told),
    [person],
  )
  assert.equal((await happen(store, { id: 'e3', effects: [{ kind: 'withdraw', key }] })).changes.length, 1)
})

rule('keeps numbers and unread right while many write at once', async (store) => {
  await happen(store, { id: 'e0', effects: Array.from({ length: 10 }, () => notify('u1')) })
  await store.positions.beginAt(
    Array.from({ length: 10 }, (_, index) => ({ topic: `t${index}`, partition: 0, next: 0 })),
  )
  const writes = Array.from({ length: 10 }, (_, index) => [
    store.batches
      .apply(batchOf(sliceOf(0, [{ id: `w${index}`, effects: [notify('u1')] }], `t${index}`)))
      .then(({ changes }) => changes),
    store.inboxes.mark('u1', index + 1, { read: true }).then((marked) => (marked?.change ? [marked.change] : [])),
    store.inboxes
      .mark('u1', 10 - index, { archived: index % 2 === 0 })
      .then((marked) => (marked?.change ? [marked.change] : [])),
  ])
  const changes = (await Promise.all(writes.flat())).flat().sort((a, b) => a.head - b.head)
  let at = 10
  for (const change of changes) {
    assert.equal(change.after, at)
    at = change.head
  }
  const items = [...(await list(store, 'u1')), ...(await list(store, 'u1', 'archived'))]
  assert.deepEqual(await head(store, 'u1'), [at, items.filter(({ read, archived }) => !read && !archived).length])
  assert.equal(new Set(items.map(({ rev }) => rev)).size, items.length)
})

/** The rules of batches: positions, repeats, odd and long names, and writing at the same time. */
export const batches = rules
