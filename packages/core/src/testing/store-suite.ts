import assert from 'node:assert/strict'
import type { Effect } from '../effects.ts'
import type { Notification, Render, Store } from '../store.ts'
import { batchOf, happen, notify, renderPlainly, sliceOf, start, to } from './batches.ts'
import type { Case } from './suite.ts'

/** Makes an empty store with this renderer and clock (milliseconds since 1970). */
export type MakeStore = (options: { readonly render: Render; readonly clock: () => number }) => Promise<Store>

const cases: [name: string, check: (store: Store, clock: { now: number }) => Promise<void>][] = []
const promise = (name: string, check: (store: Store, clock: { now: number }) => Promise<void>) =>
  void cases.push([name, check])

/** What every store promises; each case is run on a store of its own, which it closes. */
export const storeSuite: () => readonly Case<MakeStore>[] = () =>
  cases.map(([name, check]) => ({
    name,
    async run(make) {
      const clock = { now: start }
      const store = await make({ render: renderPlainly, clock: () => clock.now })
      try {
        await check(store, clock)
      } finally {
        await store.close()
      }
    },
  }))

const list = async (store: Store, person: string, filter: 'all' | 'unread' | 'archived' = 'all') =>
  (await store.page(person, { limit: 200, filter })).items
const seqs = (items: readonly Notification[]) => items.map(({ seq }) => seq)
const head = async (store: Store, person: string) => {
  const page = await store.page(person, { limit: 1, filter: 'all' })
  return [page.head, page.unread]
}
const join = (person: string, audience: string, because: string, minute?: number): Effect => ({
  ...{ kind: 'join', people: [person], audience, because },
  ...(minute !== undefined && { until: new Date(start + minute * 60_000).toISOString() }),
})

promise('applies a slice where the position stands, and moves it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.deepEqual(await store.beginAt([{ topic: 't', partition: 0, next: 0 }]), [
    { topic: 't', partition: 0, next: 1 },
  ])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

promise(
  'applies nothing of a slice whose position is another, says where it stands, and applies the slices beside it',
  async (store) => {
    await store.beginAt([
      { topic: 'a', partition: 0, next: 7 },
      { topic: 'b', partition: 0, next: 0 },
    ])
    const answer = await store.apply(
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

promise('does not move a position that is there when it is told where to begin', async (store) => {
  await store.beginAt([{ topic: 'a', partition: 0, next: 5 }])
  assert.deepEqual(
    await store
      .beginAt([
        { topic: 'a', partition: 0, next: 9 },
        { topic: 'a', partition: 1, next: 2 },
      ])
      .then((all) => all.map(({ next }) => next).sort()),
    [2, 5],
  )
})

promise('applies an event once, however often it is sent, in one batch or in several', async (store) => {
  const event = { id: 'e1', effects: [notify('u1')] }
  assert.equal((await happen(store, event, event)).repeats, 1)
  const again = await happen(store, event)
  assert.deepEqual([again.repeats, again.changes], [1, []])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

promise('goes past what could not be read', async (store) => {
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
  assert.equal(repeats, 0)
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

promise('tells each person once, however many ways they are named', async (store) => {
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u1', 'b', 'x'), join('u1', 'a', 'y')] })
  await happen(store, { id: 'e2', effects: [notify(['u1', '#a', '#b'])] })
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

promise('keeps why: named, or in the first audience that the person is in', async (store) => {
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u2', 'b', 'x'), join('u2', 'c', 'x')] })
  await happen(store, { id: 'e2', effects: [notify(['u1', '#a', '#b', '#c'])] })
  const event = { source: '/suite', id: 'e2', type: 'suite.happened', time: new Date(start).toISOString() }
  const why = { event, topic: 't', partition: 0, offset: 1, plugin: 'p', message: 'said', parameters: { text: 'text' } }
  assert.deepEqual(await store.why('u1', 1), why)
  assert.deepEqual(await store.why('u2', 1), { ...why, audience: 'b' })
  assert.equal(await store.why('u3', 1), undefined)
})

promise('leaves out whom an effect excepts, people and audiences', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: [join('u1', 'a', 'x'), join('u2', 'a', 'x'), join('u3', 'a', 'x'), join('u3', 'b', 'x')],
  })
  const { changes } = await happen(store, { id: 'e2', effects: [notify('#a', { except: to('u1', '#b') })] })
  assert.deepEqual(
    changes.map(({ person }) => person),
    ['u2'],
  )
})

promise(
  'applies effects in order: who joins before is told, who left is not, and an ended audience has nobody',
  async (store) => {
    const { changes } = await happen(
      store,
      {
        id: 'e1',
        effects: [
          notify('#a', { text: 'nobody' }),
          join('u1', 'a', 'x'),
          join('u2', 'a', 'x'),
          notify('#a', { text: 'both' }),
        ],
      },
      {
        id: 'e2',
        effects: [{ kind: 'leave', audience: 'a', because: 'x', person: 'u1' }, notify('#a', { text: 'u2 alone' })],
      },
      {
        id: 'e3',
        effects: [{ kind: 'endAudience', audience: 'a' }, notify('#a', { text: 'nobody' }), join('u3', 'a', 'z')],
      },
      { id: 'e4', effects: [notify('#a', { text: 'u3 alone' })] },
    )
    const told = Object.fromEntries(changes.map(({ person, items }) => [person, items.map(({ body }) => body)]))
    assert.deepEqual(told, { u1: ['both'], u2: ['both', 'u2 alone'], u3: ['u3 alone'] })
  },
)

promise('keeps a person in an audience as long as one reason remains', async (store) => {
  const leave = (because: string): Effect => ({ kind: 'leave', audience: 'a', because })
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u1', 'a', 'y'), join('u2', 'a', 'x')] })
  const first = await happen(store, { id: 'e2', effects: [leave('x'), notify('#a')] })
  assert.deepEqual(
    first.changes.map(({ person }) => person),
    ['u1'],
  )
  assert.deepEqual((await happen(store, { id: 'e3', effects: [leave('y'), notify('#a')] })).changes, [])
})

promise('compares the end of a membership with the time of the event that reads it', async (store, clock) => {
  clock.now += 86_400_000
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x', 10)] })
  assert.equal((await happen(store, { id: 'e2', minute: 9, effects: [notify('#a')] })).changes.length, 1)
  assert.equal((await happen(store, { id: 'e3', minute: 10, effects: [notify('#a')] })).changes.length, 0)
  await happen(store, { id: 'e4', effects: [join('u1', 'a', 'x', 30)] })
  assert.equal((await happen(store, { id: 'e5', minute: 20, effects: [notify('#a')] })).changes.length, 1)
})

promise('renders with the profile that the person has at that point, also within a batch', async (store) => {
  const profile = (locale: string): Effect => ({ kind: 'profile', person: 'u1', profile: { locale } })
  await happen(
    store,
    { id: 'e1', effects: [notify('u1'), profile('de'), notify('u1')] },
    { id: 'e2', effects: [profile('fr'), notify('u1')] },
  )
  await happen(store, { id: 'e3', effects: [notify('u1')] })
  assert.deepEqual(
    (await list(store, 'u1')).map(({ title }) => title),
    ['p.said in fr', 'p.said in fr', 'p.said in de', 'p.said'],
  )
})

promise('counts everybody with a profile as everyone', async (store) => {
  const profile = (person: string): Effect => ({ kind: 'profile', person, profile: {} })
  await happen(store, { id: 'e1', effects: [profile('u1'), notify('u9')] })
  const { changes } = await happen(store, {
    id: 'e2',
    effects: [profile('u2'), { kind: 'erase', person: 'u1' }, notify('#everyone')],
  })
  assert.deepEqual(
    changes.map(({ person }) => person),
    ['u2'],
  )
})

promise('erases everything of a person, and begins anew if they are told again', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: [
      { kind: 'profile', person: 'u1', profile: { locale: 'de' } },
      join('u1', 'a', 'x'),
      notify('u1'),
      notify('u1'),
    ],
  })
  const { changes } = await happen(store, {
    id: 'e2',
    effects: [notify('u1'), { kind: 'erase', person: 'u1' }, notify(['#a', '#everyone'])],
  })
  assert.deepEqual(changes, [])
  assert.deepEqual([await head(store, 'u1'), await list(store, 'u1')], [[0, 0], []])
  await happen(store, {
    id: 'e3',
    effects: [notify('u1'), { kind: 'erase', person: 'u1' }, notify('u1', { text: 'again' })],
  })
  assert.deepEqual(
    (await list(store, 'u1')).map(({ seq, title, body }) => [seq, title, body]),
    [[1, 'p.said', 'again']],
  )
})

promise('numbers every change of an inbox without a gap, and moves unread with it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
  assert.equal((await store.mark('u1', 2, { read: true }))?.change?.head, 4)
  assert.equal((await store.mark('u1', 3, { archived: true }))?.change?.head, 5)
  assert.deepEqual(await head(store, 'u1'), [5, 1])
  const { changes } = await happen(store, { id: 'e2', effects: [notify('u1')] })
  assert.deepEqual(
    changes.map(({ after, head: to, unread, items }) => [after, to, unread, seqs(items)]),
    [[5, 6, 2, [6]]],
  )
  const all = await list(store, 'u1')
  assert.deepEqual(
    all.map(({ seq, rev, read }) => [seq, rev, read]),
    [
      [6, 6, false],
      [2, 4, true],
      [1, 1, false],
    ],
  )
})

promise('withdraws what was sent under a key, for good, as a numbered change', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: [
      notify(['u1', 'u2'], { key: 'k', link: '/x', data: { a: 1 } }),
      notify('u1', { key: 'k' }),
      notify('u1', { key: 'l' }),
    ],
  })
  await store.mark('u1', 1, { read: true })
  const { changes } = await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
  assert.deepEqual(
    changes
      .map(({ person, after, head: to, unread, items }) => [
        person,
        after,
        to,
        unread,
        items.map(({ seq, rev, title, body, link, data, withdrawn }) => [seq, rev, title, body, link, data, withdrawn]),
      ])
      .sort(),
    [
      [
        'u1',
        4,
        6,
        1,
        [
          [1, 5, '', '', undefined, undefined, true],
          [2, 6, '', '', undefined, undefined, true],
        ],
      ],
      ['u2', 1, 2, 0, [[1, 2, '', '', undefined, undefined, true]]],
    ],
  )
  assert.deepEqual(seqs(await list(store, 'u1')), [3])
  assert.deepEqual(
    [await store.notification('u1', 1), await store.mark('u1', 1, { read: false })],
    [undefined, undefined],
  )
  assert.deepEqual((await happen(store, { id: 'e3', effects: [notify('u1', { key: 'k' })] })).changes, [])
  assert.deepEqual((await happen(store, { id: 'e4', effects: [{ kind: 'withdraw', key: 'k' }] })).changes, [])
})

promise('withdraws in the same batch as it sends, and before it sends', async (store) => {
  const { changes } = await happen(
    store,
    { id: 'e1', effects: [notify('u1', { key: 'k' }), notify('u1')] },
    { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }, notify('u1', { key: 'k' })] },
    { id: 'e3', effects: [{ kind: 'withdraw', key: 'later' }] },
    { id: 'e4', effects: [notify('u1', { key: 'later' })] },
  )
  assert.deepEqual(
    changes.map(({ after, head: to, unread, items }) => [after, to, unread, items.map(({ seq, rev }) => [seq, rev])]),
    [
      [
        0,
        3,
        1,
        [
          [2, 2],
          [1, 3],
        ],
      ],
    ],
  )
})

promise('changes nothing and takes no number where a mark is there already', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.deepEqual(Object.keys((await store.mark('u1', 1, { read: false, archived: false })) ?? {}), ['answer'])
  assert.deepEqual(Object.keys((await store.mark('u1', 1, {})) ?? {}), ['answer'])
  assert.deepEqual(await head(store, 'u1'), [1, 1])
  assert.deepEqual(
    [await store.mark('u1', 2, { read: true }), await store.mark('u2', 1, { read: true })],
    [undefined, undefined],
  )
})

promise(
  'marks everything up to a number as read with one number, and touches no row that has no mark of its own',
  async (store) => {
    await happen(store, { id: 'e1', effects: Array.from({ length: 5 }, () => notify('u1')) })
    await store.mark('u1', 2, { read: true })
    await store.mark('u1', 2, { read: false })
    const { answer, change } = await store.readThrough('u1', 3)
    assert.deepEqual(answer, { head: 8, unread: 2 })
    assert.deepEqual(change, { person: 'u1', after: 7, head: 8, unread: 2, readThrough: 3, items: [] })
    assert.deepEqual(
      (await list(store, 'u1')).map(({ seq, rev, read }) => [seq, rev, read]),
      [
        [5, 5, false],
        [4, 4, false],
        [3, 3, true],
        [2, 7, true],
        [1, 1, true],
      ],
    )
  },
)

promise('takes a mark beyond the head as the head, and a lower or an idle one as nothing', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
  assert.equal((await store.readThrough('u1', 2)).change?.readThrough, 2)
  await store.mark('u1', 1, { read: false })
  assert.deepEqual(await store.readThrough('u1', 1), { answer: { head: 5, unread: 2 } })
  assert.equal((await store.readThrough('u1', 999)).change?.readThrough, 5)
  assert.deepEqual(await store.readThrough('u1', 999), { answer: { head: 6, unread: 0 } })
  assert.deepEqual(await store.readThrough('nobody', 5), { answer: { head: 0, unread: 0 } })
})

promise('lets what is marked unread after all was read be unread', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await store.readThrough('u1', 2)
  assert.equal((await store.mark('u1', 1, { read: false }))?.answer.read, false)
  assert.deepEqual([await head(store, 'u1'), seqs(await list(store, 'u1', 'unread'))], [[4, 1], [1]])
})

promise('does not count what is archived, and counts it again when it is brought back', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  assert.deepEqual((await store.mark('u1', 1, { archived: true }))?.answer.read, false)
  assert.deepEqual(
    [await head(store, 'u1'), seqs(await list(store, 'u1')), seqs(await list(store, 'u1', 'archived'))],
    [[3, 1], [2], [1]],
  )
  await store.mark('u1', 1, { archived: false })
  assert.deepEqual(await head(store, 'u1'), [4, 2])
})

promise('lists newest first, in parts that follow one another, by category where one is asked for', async (store) => {
  await happen(store, {
    id: 'e1',
    effects: Array.from({ length: 7 }, (_, index) => notify('u1', index % 2 === 0 ? { category: 'even' } : {})),
  })
  const parts = []
  let before: number | undefined
  do {
    const page = await store.page('u1', { limit: 3, filter: 'all', ...(before !== undefined && { before }) })
    parts.push(seqs(page.items))
    before = page.next
  } while (before !== undefined)
  assert.deepEqual(parts, [[7, 6, 5], [4, 3, 2], [1]])
  assert.deepEqual(seqs((await store.page('u1', { limit: 10, filter: 'all', category: 'even' })).items), [7, 5, 3, 1])
  assert.deepEqual(await store.page('nobody', { limit: 10, filter: 'all' }), { items: [], head: 0, unread: 0 })
})

promise('replays what a client lacks, each once, in its latest form, in the order of the changes', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1', { key: 'k' }), notify('u1'), notify('u1')] })
  await store.mark('u1', 2, { read: true })
  await store.mark('u1', 2, { archived: true })
  await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
  const lacking = async (after: number) => {
    const replay = await store.replay('u1', after)
    return replay.kind === 'reset' ? 'reset' : replay.items.map(({ seq, rev }) => [seq, rev])
  }
  assert.deepEqual(await lacking(0), [
    [3, 3],
    [2, 5],
    [1, 6],
  ])
  assert.deepEqual(await lacking(3), [
    [2, 5],
    [1, 6],
  ])
  assert.deepEqual([await lacking(5), await lacking(6), await lacking(7)], [[[1, 6]], [], 'reset'])
  assert.deepEqual(await store.replay('u1', undefined), { kind: 'changes', after: 6, head: 6, unread: 1, items: [] })
  assert.deepEqual(await store.replay('nobody', 0), { kind: 'changes', after: 0, head: 0, unread: 0, items: [] })
})

promise('tells of a mark through a number to whoever lacks it', async (store) => {
  await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1')] })
  await store.readThrough('u1', 1)
  await happen(store, { id: 'e2', effects: [notify('u1')] })
  const marks = []
  for (const after of [0, 2, 3]) {
    const replay = await store.replay('u1', after)
    marks.push(replay.kind === 'changes' ? replay.readThrough : 'reset')
  }
  assert.deepEqual(marks, [1, 1, undefined])
})

promise('replays a thousand, and resets whoever lacks more', async (store) => {
  await happen(store, { id: 'e1', effects: Array.from({ length: 1_001 }, () => notify('u1')) })
  const kinds = [await store.replay('u1', 0), await store.replay('u1', 1)].map((replay) =>
    replay.kind === 'reset' ? 'reset' : replay.items.length,
  )
  assert.deepEqual(kinds, ['reset', 1_000])
})

promise('hides what has expired at once, and withdraws it, numbered, when it is swept', async (store, clock) => {
  const expiresAt = new Date(start + 60_000).toISOString()
  await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt }), notify('u1'), notify('u2', { expiresAt })] })
  assert.deepEqual(await store.expire(clock.now, 10), [])
  clock.now += 60_000
  assert.deepEqual([seqs(await list(store, 'u1')), await store.notification('u1', 1)], [[2], undefined])
  const changes = await store.expire(clock.now, 10)
  assert.deepEqual(
    changes
      .map(({ person, after, head: to, unread, items }) => [
        person,
        after,
        to,
        unread,
        items.map(({ seq, rev, withdrawn }) => [seq, rev, withdrawn]),
      ])
      .sort(),
    [
      ['u1', 2, 3, 1, [[1, 3, true]]],
      ['u2', 1, 2, 0, [[1, 2, true]]],
    ],
  )
  assert.deepEqual(await store.expire(clock.now, 10), [])
})

promise('takes odd names as they are', async (store) => {
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

promise('keeps numbers and unread right while everybody writes at once', async (store) => {
  await happen(store, { id: 'e0', effects: Array.from({ length: 10 }, () => notify('u1')) })
  await store.beginAt(Array.from({ length: 10 }, (_, index) => ({ topic: `t${index}`, partition: 0, next: 0 })))
  const writes = Array.from({ length: 10 }, (_, index) => [
    store
      .apply(batchOf(sliceOf(0, [{ id: `w${index}`, effects: [notify('u1')] }], `t${index}`)))
      .then(({ changes }) => changes),
    store.mark('u1', index + 1, { read: true }).then((marked) => (marked?.change ? [marked.change] : [])),
    store
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
