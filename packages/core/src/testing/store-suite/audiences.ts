import assert from 'node:assert/strict'
import type { Effect } from '../../plugin/effects.ts'
import { happen, notify, start, to } from '../batches.ts'
import { defineRules, head, join, list } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('tells each person once, however many ways they are named', async (store) => {
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u1', 'b', 'x'), join('u1', 'a', 'y')] })
  await happen(store, { id: 'e2', effects: [notify(['u1', '#a', '#b'])] })
  assert.deepEqual(await head(store, 'u1'), [1, 1])
})

rule('keeps why: named, or in the first audience that the person is in', async (store) => {
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u2', 'b', 'x'), join('u2', 'c', 'x')] })
  await happen(store, { id: 'e2', effects: [notify(['u1', '#a', '#b', '#c'])] })
  const event = { source: '/suite', id: 'e2', type: 'suite.happened', time: new Date(start).toISOString() }
  const why = { event, topic: 't', partition: 0, offset: 1, plugin: 'p', message: 'said', parameters: { text: 'text' } }
  assert.deepEqual(await store.inboxes.why('u1', 1), why)
  assert.deepEqual(await store.inboxes.why('u2', 1), { ...why, audience: 'b' })
  assert.equal(await store.inboxes.why('u3', 1), undefined)
})

rule('leaves out whom an effect excepts, people and audiences', async (store) => {
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

rule(
  'applies effects in order: who joins before is told, who left is not, and an ended audience is empty',
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

rule('keeps a person in an audience as long as one reason remains', async (store) => {
  const leave = (because: string): Effect => ({ kind: 'leave', audience: 'a', because })
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x'), join('u1', 'a', 'y'), join('u2', 'a', 'x')] })
  const first = await happen(store, { id: 'e2', effects: [leave('x'), notify('#a')] })
  assert.deepEqual(
    first.changes.map(({ person }) => person),
    ['u1'],
  )
  assert.deepEqual((await happen(store, { id: 'e3', effects: [leave('y'), notify('#a')] })).changes, [])
})

rule('compares the end of a membership with the time of the event that reads it', async (store, clock) => {
  clock.now += 86_400_000
  await happen(store, { id: 'e1', effects: [join('u1', 'a', 'x', 10)] })
  assert.equal((await happen(store, { id: 'e2', minute: 9, effects: [notify('#a')] })).changes.length, 1)
  assert.equal((await happen(store, { id: 'e3', minute: 10, effects: [notify('#a')] })).changes.length, 0)
  await happen(store, { id: 'e4', effects: [join('u1', 'a', 'x', 30)] })
  assert.equal((await happen(store, { id: 'e5', minute: 20, effects: [notify('#a')] })).changes.length, 1)
})

rule('renders with the profile that the person has at that point, also within a batch', async (store) => {
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

rule('counts every person with a profile as everyone', async (store) => {
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

/** The rules of audiences: who is told, why, and with which profile. */
export const audiences = rules
