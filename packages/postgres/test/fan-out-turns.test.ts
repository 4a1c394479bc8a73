import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { expect, it } from 'vitest'
import { createStore, openPGlite } from '../src/index.ts'

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
const STEP = 100

it('messages to everybody and to a large audience do not wait for the end of one another', async () => {
  const database = await openPGlite()
  const store = await createStore(database, { render: renderPlainly, clock: () => start })
  await happen(store, {
    id: 'e1',
    effects: [
      ...names('p', 1_000).map((person) => ({ kind: 'profile', person, profile: {} }) as const),
      { kind: 'join', people: names('m', 310), audience: 'a', because: 'x' },
    ],
  })
  for (let index = 0; index < 5; index++) await happen(store, { id: `all${index}`, effects: [notify('#everyone')] })
  await happen(store, { id: 'e2', effects: [notify('#a')] })
  const told: string[] = []
  for (let step = 0; step < 8; step++)
    told.push(...(await store.fanOut(start, STEP)).changes.map(({ person }) => person))
  expect(new Set(told.filter((person) => person.startsWith('m'))).size).toBe(310)
  expect(told.filter((person) => person.startsWith('p')).length).toBeGreaterThan(300)
  // Each is told of each all the same.
  while ((await store.fanOut(start, 1_000)).more);
  const heads = await store.heads(['p0', 'p999', 'm0', 'm309'])
  expect([...heads].sort()).toEqual([
    ['m0', 1],
    ['m309', 1],
    ['p0', 5],
    ['p999', 5],
  ])
  await database.close()
})
