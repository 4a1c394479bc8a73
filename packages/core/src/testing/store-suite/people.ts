import assert from 'node:assert/strict'
import type { Effect } from '../../plugin/effects.ts'
import { batchOf, type Happening, happen, notify, sliceOf, start } from '../batches.ts'
import { defineRules, head, join, list } from './define-rules.ts'

const { rule, rules } = defineRules()

const profile: Effect = { kind: 'profile', person: 'u1', profile: { locale: 'de' } }
const erase = (person = 'u1'): Effect => ({ kind: 'erase', person })
/** An event that creates a user. */
const created = (id: string, minute: number, effects: readonly Effect[]): Happening => ({
  id,
  minute,
  effects,
  type: 'user.created',
})

rule('erases everything of a person, and drops and counts what would still reach them', async (store) => {
  await happen(store, { id: 'e1', effects: [profile, join('u1', 'a', 'x'), notify('u1'), notify('u1')] })
  const { changes, dropped, erased } = await happen(store, {
    id: 'e2',
    effects: [
      notify('u1'),
      erase(),
      notify(['#a', '#everyone', 'u2', 'u1']),
      join('u1', 'a', 'x'),
      notify('#a'),
      profile,
    ],
  })
  assert.deepEqual([dropped, erased, changes.map(({ person }) => person)], [1, ['u1'], ['u2']])
  assert.deepEqual(
    [await head(store, 'u1'), await list(store, 'u1'), await store.inboxes.why('u1', 1)],
    [[0, 0], [], undefined],
  )
  assert.equal((await happen(store, { id: 'e3', effects: [notify(['u1', '#everyone', '#a'])] })).dropped, 1)
})

rule('lets only a later creation end an erasure, and continues the numbers of the person', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await happen(store, { id: 'e2', minute: 5, effects: [erase()] })
  const told = async (happening: Happening) => (await happen(store, happening)).changes.length
  assert.equal(await told(created('e3', 5, [profile, notify('u1')])), 0)
  assert.equal(await told({ id: 'e4', minute: 9, effects: [profile, notify('u1')] }), 0)
  const { changes } = await happen(store, created('e5', 6, [notify('u1'), profile, notify('u1')]))
  assert.deepEqual(
    changes.map(({ after, head: to, items }) => [after, to, items.map(({ seq, title }) => [seq, title])]),
    [[3, 4, [[4, 'p.said in de']]]],
  )
  // Clients that saw earlier numbers load everything again, also those that had seen the last of them.
  assert.deepEqual(await store.inboxes.replay('u1', 2), { kind: 'reset', head: 4, unread: 1 })
  assert.equal((await store.inboxes.replay('u1', 3)).kind, 'changes')
})

rule('returns who is erased, until a later creation', async (store) => {
  await happen(store, { id: 'e1', minute: 5, effects: [notify(['u1', 'u2']), erase('u1'), erase('ü"')] })
  assert.deepEqual(await store.people.erased(['u1', 'u2', 'u3', 'ü"']), ['u1', 'ü"'])
  await happen(store, created('e2', 6, [profile]))
  assert.deepEqual(await store.people.erased(['u1', 'ü"']), ['ü"'])
})

rule('erases a person and ends the erasure within one batch', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  const { changes } = await happen(
    store,
    { id: 'e2', effects: [notify('u1'), notify('u2')] },
    { id: 'e3', effects: [erase()] },
    created('e4', 1, [profile, notify(['u1', 'u2'])]),
  )
  assert.deepEqual(changes.map(({ person, after, head: to, items }) => [person, after, to, items.length]).sort(), [
    ['u1', 3, 4, 1],
    ['u2', 0, 2, 2],
  ])
})

rule(
  'erases the person that an operator names, with their dead letters, and returns whether anything was kept',
  async (store) => {
    const letter = (value: string, key = 'b1') => ({
      code: 'X',
      message: 'x',
      headers: {},
      timestamp: start,
      type: 't',
      key: Buffer.from(key),
      value: Buffer.from(value),
    })
    await happen(store, {
      id: 'e1',
      effects: [notify(['ü1', 'u2'])],
      deadLetters: [letter('{"userId":"ü1"}'), letter('{"userId":"\\u00fc1"}'), letter('{"userId":"ü12"}')],
    })
    assert.deepEqual([await store.people.erase('ü1', start), await store.people.erase('u9', start)], [true, false])
    assert.deepEqual(
      [await head(store, 'ü1'), await head(store, 'u2')],
      [
        [0, 0],
        [1, 1],
      ],
    )
    assert.deepEqual(
      (await store.deadLetters.list({ limit: 10 })).map(({ id }) => id),
      [3],
    )
  },
)

rule('finds a person in dead letters in every notation, and no person with a similar id', async (store) => {
  const quoted = (text: string) => JSON.stringify({ userId: text })
  const written: readonly (readonly [person: string, value: string, names: boolean])[] = [
    ['ü1', '{"userId":"\\u00FC1"}', true],
    ['ü1', JSON.stringify({ data: quoted('ü1') }), true],
    ['ü1', JSON.stringify({ data: '{"userId":"\\u00fc1"}' }), true],
    ['userId', quoted('u1'), false],
    ['userId', JSON.stringify({ data: quoted('u1') }), false],
    ['ü1', '{"userId":"ü1"', true],
    ['ü1', quoted('ü12'), false],
    ['org/7', '{"userId":"org\\/7"}', true],
    ['a+b', '{"userId":"a\\u002Bb"}', true],
    ['a+b', quoted('aab'), false],
    ['a.b', quoted('axb'), false],
    ['a"b\\', quoted('a"b\\'), true],
    ['a"b\\', JSON.stringify([quoted('a"b\\')]), true],
    ['🛎️', '{"userId":"\\ud83d\\uDECE\\ufe0f"}', true],
    ['42', '{"userId":42}', true],
    ['42', '{"a":[1, 42 ]}', true],
    ['42', '{"a":142,"b":421,"c":4.2}', false],
    ['9007199254740993', '{"userId":9007199254740993}', true],
    ['42', JSON.stringify({ data: '[42]' }), true],
    ['ü1', 'she said "hi: {"userId":"ü1"}', true],
    ['ü1', '{"userId":"\\u00fc1"', true],
    ['u1', `{"userId":"u1","rest":${'['.repeat(50_000)}`, true],
    ['u1', `{"userId":"u1","rest":"${'\\'.repeat(100_001)}`, true],
    ['ü1', JSON.stringify({ data_base64: Buffer.from(quoted('ü1')).toString('base64') }), true],
    ['ü1', `${Buffer.from(quoted('ü1')).toString('base64')}\r\n`, true],
    ['ü1', `eyJ${' '.repeat(1_000_000)}!${quoted('ü1')}`, true],
    ['ü1', JSON.stringify({ data_base64: Buffer.from(quoted('ü12')).toString('base64') }), false],
    ['(.*)', quoted('u1'), false],
    ['x'.repeat(128), quoted('x'.repeat(128)), true],
    ['🛎'.repeat(128), quoted('🛎'.repeat(128)), true],
  ]
  for (const [index, [person, value, names]] of written.entries()) {
    const letter = { code: 'X', message: 'x', headers: {}, timestamp: start, key: null, value: Buffer.from(value) }
    await happen(store, { id: `letter ${index}`, deadLetters: [letter] })
    const known = await store.people.erase(person, start)
    assert.deepEqual([person, value, known], [person, value, names])
    assert.equal((await store.deadLetters.list({ limit: 9 })).length, names ? 0 : 1)
    for (const { id } of await store.deadLetters.list({ limit: 9 })) await store.deadLetters.remove(id)
  }
  const sent = { 'ce-subject': '"in \\"quotes\\""', 'ce-id': 'in%20percent', 'ce-source': '100%', ce_id: '"inJson"' }
  for (const [person, names] of Object.entries({
    'in "quotes"': 1,
    'in percent': 1,
    inJson: 1,
    '100%': 1,
    percent: 0,
  })) {
    const letter = { code: 'X', message: 'x', headers: sent, timestamp: start, key: null, value: null }
    await happen(store, { id: `headers ${person}`, deadLetters: [letter] })
    assert.deepEqual([person, await store.people.erase(person, start)], [person, names === 1])
  }
  const keyed = { code: 'X', message: 'x', headers: {}, timestamp: start, key: Buffer.from('u1'), value: null }
  await happen(store, { id: 'of another thing called u1', deadLetters: [keyed] })
  assert.equal(await store.people.erase('u1', start), false)
  await happen(store, { id: 'unreadable', unreadable: true, deadLetters: [keyed] })
  assert.equal(await store.people.erase('u1', start), true)
  const keys: readonly (readonly [key: string, names: boolean])[] = [
    ['"u1"', true],
    ['{"userId":"u1"}', true],
    ['{"schema":{"type":"string"},"payload":"u1"}', true],
    ['\0\0\0\0\x07u1', true],
    ['\0\0\0\0\x07"u1"', true],
    ['{"u1":1}', false],
    ['u1:u2', false],
  ]
  for (const [key, names] of keys) {
    const letter = { ...keyed, key: Buffer.from(key) }
    await happen(store, { id: `key ${key.replaceAll('\0', '0')}`, unreadable: true, deadLetters: [letter] })
    assert.deepEqual([key, await store.people.erase('u1', start)], [key, names])
  }
  const subject = { code: 'X', message: 'x', headers: { ce_subject: 'u1' }, timestamp: start, key: null, value: null }
  await happen(store, { id: 'subject', deadLetters: [subject] })
  assert.equal(await store.people.erase('u1', start), true)
})

rule('lets no write overtake an erasure', async (store) => {
  await store.positions.beginAt(
    Array.from({ length: 10 }, (_, index) => ({ topic: `t${index}`, partition: 0, next: 0 })),
  )
  const writes = Array.from({ length: 10 }, (_, index) =>
    store.batches.apply(
      batchOf(sliceOf(0, [{ id: `e${index}`, effects: [notify('u1'), join('u1', 'a', 'x')] }], `t${index}`)),
    ),
  )
  await Promise.all([...writes, store.people.erase('u1', start)])
  assert.deepEqual([await head(store, 'u1'), await list(store, 'u1')], [[0, 0], []])
  assert.deepEqual((await happen(store, { id: 'later', effects: [notify('#a')] })).changes, [])
})

/** The rules of erasure: what is deleted, and who starts again. */
export const people = rules
