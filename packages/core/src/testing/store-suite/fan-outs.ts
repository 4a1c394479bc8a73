import assert from 'node:assert/strict'
import type { Effect } from '../../plugin/effects.ts'
import type { Store } from '../../ports/store.ts'
import { happen, notify, start, to } from '../batches.ts'
import { defineRules, head, join, list } from './define-rules.ts'

const { rule, rules } = defineRules()

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `p${String(index).padStart(4, '0')}`)
const crowd = (count: number, audience = 'a'): Effect => ({
  kind: 'join',
  people: names(count),
  audience,
  because: 'x',
})
const profiles = (count: number): readonly Effect[] =>
  names(count).map((person) => ({ kind: 'profile', person, profile: {} }))
const withdraw = (key: string): Effect => ({ kind: 'withdraw', key })

/** Takes all steps; returns the people that each has reached. */
async function fanOutAll(store: Store, limit = 100): Promise<readonly (readonly string[])[]> {
  const steps: string[][] = []
  for (;;) {
    const { changes, more } = await store.upkeep.fanOut(start, limit)
    if (!more) return steps
    steps.push(changes.map(({ person }) => person))
  }
}

rule('still reaches a person whom only the repeat of an event in the same batch would erase', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(310)] })
  await happen(store, { id: 'e2', effects: [notify('#a')] })
  await happen(store, { id: 'e3', effects: [] }, { id: 'e3', effects: [{ kind: 'erase', person: 'p0309' }] })
  await fanOutAll(store)
  assert.equal((await store.inboxes.page('p0309', { limit: 1, filter: 'all' })).head, 1)
})

rule('tells a large audience step by step, each once, exactly those who were in it at the event', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(310), join('late', 'b', 'x')] })
  const { changes, fanOuts } = await happen(store, {
    id: 'e2',
    effects: [
      notify(['p0003', 'u1', '#a', '#b'], { except: to('p0001') }),
      { kind: 'endAudience', audience: 'a' },
      join('p9', 'a', 'x'),
    ],
  })
  assert.deepEqual([changes.map(({ person }) => person).sort(), fanOuts], [['p0003', 'u1'], 1])
  const steps = await fanOutAll(store)
  assert.deepEqual(
    steps.flat().toSorted(),
    [...names(310).filter((name) => name !== 'p0003' && name !== 'p0001'), 'late'].toSorted(),
  )
  assert.ok(steps.every((step) => step.length <= 100))
  assert.deepEqual(
    [await store.inboxes.why('late', 1).then((why) => why?.audience), await head(store, 'p9')],
    ['b', [0, 0]],
  )
  assert.equal((await store.inboxes.why('p0000', 1))?.event.id, 'e2')
})

rule('tells an audience of the maximum size at once, and a larger one step by step', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(300)] })
  assert.deepEqual(
    await happen(store, { id: 'e2', effects: [notify('#a')] }).then(({ changes, fanOuts }) => [
      changes.length,
      fanOuts,
    ]),
    [300, 0],
  )
  await happen(store, { id: 'e3', effects: [join('one-more', 'a', 'x')] })
  assert.deepEqual(
    await happen(store, { id: 'e4', effects: [notify('#a')] }).then(({ changes, fanOuts }) => [
      changes.length,
      fanOuts,
    ]),
    [0, 1],
  )
})

rule(
  'tells everyone who had a profile at the event, in the order in which they came, and no one who came later',
  async (store) => {
    await happen(store, { id: 'e1', effects: profiles(320) })
    await happen(store, {
      id: 'e2',
      effects: [
        { kind: 'profile', person: 'before', profile: { locale: 'de' } },
        notify(['u1', '#everyone'], { except: to('p0002') }),
        { kind: 'profile', person: 'after', profile: {} },
      ],
    })
    await happen(store, {
      id: 'e3',
      effects: [
        { kind: 'profile', person: 'p0001', profile: { locale: 'fr' } },
        { kind: 'profile', person: 'later', profile: {} },
      ],
    })
    const reached = (await fanOutAll(store)).flat()
    assert.deepEqual(reached.toSorted(), [...names(320).filter((name) => name !== 'p0002'), 'before'].toSorted())
    assert.deepEqual(
      (await list(store, 'p0001')).map(({ title }) => title),
      ['p.said in fr'],
    )
    assert.deepEqual(
      [await head(store, 'after'), await head(store, 'later'), await head(store, 'u1')],
      [
        [0, 0],
        [0, 0],
        [1, 1],
      ],
    )
  },
)

rule(
  'tells no more people once the key is withdrawn, and withdraws from those who were told, step by step',
  async (store) => {
    await happen(store, { id: 'e1', effects: [crowd(400)] })
    await happen(store, { id: 'e2', effects: [notify('#a', { key: 'k' }), notify('#a')] })
    for (let step = 0; step < 7; step++) await store.upkeep.fanOut(start, 50)
    const { changes, fanOuts } = await happen(store, { id: 'e3', effects: [withdraw('k')] })
    assert.deepEqual([changes.length, fanOuts], [0, 1])
    await fanOutAll(store)
    const seen = await Promise.all(names(400).map(async (name) => (await list(store, name)).length))
    assert.deepEqual(new Set(seen), new Set([1]))
    assert.deepEqual(
      [await head(store, 'p0000'), await head(store, 'p0399')],
      [
        [3, 1],
        [1, 1],
      ],
    )
  },
)

rule('tells thousands who were in it at the event, step by step, each once', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(2_500)] })
  await happen(store, { id: 'e2', effects: [notify('#a')] })
  const steps = await fanOutAll(store, 700)
  assert.deepEqual(steps.flat().toSorted(), names(2_500))
  assert.ok(steps.every((step) => step.length <= 700))
})

rule('withdraws from few at once', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(300), notify('#a', { key: 'k' })] })
  const { changes, fanOuts } = await happen(store, { id: 'e2', effects: [withdraw('k'), withdraw('k')] })
  assert.deepEqual([changes.length, fanOuts], [300, 0])
})

rule('reaches no one who was erased meanwhile', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(301), ...profiles(301)] })
  await happen(store, { id: 'e2', effects: [notify('#a'), notify('#everyone')] })
  await store.upkeep.fanOut(start, 10)
  await store.people.erase('p0200', start)
  await store.people.erase('p0000', start)
  assert.equal((await fanOutAll(store)).flat().filter((person) => person === 'p0200' || person === 'p0000').length, 0)
  assert.deepEqual(
    [await head(store, 'p0000'), await head(store, 'p0300')],
    [
      [0, 0],
      [2, 2],
    ],
  )
})

rule(
  'tells many named people step by step, each once, in their order, and keeps that they were named',
  async (store) => {
    const many = names(700).toReversed()
    await happen(store, { id: 'e1', effects: [join('p0001', 'a', 'x'), join('member', 'a', 'x')] })
    const { changes, fanOuts } = await happen(
      store,
      { id: 'e2', effects: [notify([...many, '#a'], { except: to('p0007') }), { kind: 'endAudience', audience: 'a' }] },
      { id: 'e3', effects: [notify('other')] },
    )
    assert.deepEqual([changes.map(({ person }) => person), fanOuts], [['other'], 1])
    const steps = await fanOutAll(store, 300)
    assert.deepEqual(steps.flat(), [...many.filter((name) => name !== 'p0007'), 'member'])
    assert.ok(steps.every((step) => step.length <= 300))
    const audiences = await Promise.all(['p0001', 'p0699', 'member'].map((name) => store.inboxes.why(name, 1)))
    assert.deepEqual(
      audiences.map((why) => [why?.audience, why?.event.id]),
      [
        [undefined, 'e2'],
        [undefined, 'e2'],
        ['a', 'e2'],
      ],
    )
  },
)

rule(
  'tells people who are named at once as long as they are few, and many of one event step by step',
  async (store) => {
    const few = await happen(store, { id: 'e1', effects: [notify(names(300))] })
    assert.deepEqual([few.changes.length, few.fanOuts], [300, 0])
    const many = await happen(store, { id: 'e2', effects: [notify(names(301))] })
    assert.deepEqual([many.changes.length, many.fanOuts], [0, 1])
    assert.equal((await fanOutAll(store)).flat().length, 301)
  },
)

rule('tells none of many named people once the key is withdrawn, and no one who is erased', async (store) => {
  await happen(store, { id: 'e0', effects: [{ kind: 'erase', person: 'p0002' }] })
  const { dropped } = await happen(store, {
    id: 'e1',
    effects: [notify(names(400), { key: 'k' }), notify(names(400))],
  })
  assert.equal(dropped, 2)
  await store.upkeep.fanOut(start, 50)
  await store.people.erase('p0003', start)
  await store.people.erase('p0399', start)
  await happen(store, { id: 'e2', effects: [withdraw('k')] })
  await fanOutAll(store)
  const heads = await Promise.all(['p0000', 'p0002', 'p0003', 'p0100', 'p0399'].map((name) => head(store, name)))
  assert.deepEqual(heads, [
    [3, 1],
    [0, 0],
    [0, 0],
    [1, 1],
    [0, 0],
  ])
})

rule('withdraws from thousands step by step, from each once, in order, with all that they hold', async (store) => {
  await happen(store, { id: 'e1', effects: [notify(names(2_500), { key: 'k' }), notify('p0001', { key: 'k' })] })
  await fanOutAll(store, 2_500)
  await happen(store, { id: 'e2', effects: [withdraw('k')] })
  const steps = await fanOutAll(store, 700)
  assert.deepEqual(
    steps.flatMap((step) => step.toSorted()),
    names(2_500),
  )
  assert.deepEqual(
    [await head(store, 'p0001'), await head(store, 'p2499')],
    [
      [4, 0],
      [2, 0],
    ],
  )
})

rule('continues with several at once where each reaches few', async (store) => {
  await happen(store, { id: 'e1', effects: [crowd(310), crowd(310, 'b')] })
  await happen(store, { id: 'e2', effects: [notify('#a'), notify('#b'), notify('#a')] })
  const steps = await fanOutAll(store, 500)
  assert.deepEqual(
    steps.map((step) => step.length),
    // The second step reaches some of them twice.
    [310, 310],
  )
  assert.deepEqual(
    [await head(store, 'p0000'), await head(store, 'p0309')],
    [
      [3, 3],
      [3, 3],
    ],
  )
})

/** The rules of audiences that are too large for one transaction. */
export const fanOuts = rules
