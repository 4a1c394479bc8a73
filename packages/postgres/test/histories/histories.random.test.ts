import type { Store } from '@belfry/core'
import { createMemoryStore } from '@belfry/core/testing'
import { randomRuns, randomTimeout } from '@belfry/test-services/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStore } from '../../src/index.ts'
import { engines, oneDatabase } from '../one-database.ts'
import { expectClientToAgree, now, options } from './agree.ts'
import { Client } from './client.ts'
import { people, type Step, step } from './steps.ts'
import { takeStep } from './take-step.ts'
import { visible } from './visible.ts'

/*
 * Random histories: the store gets events in batches, the store in memory one at a time. Whatever a person or an operator can see
 * must be the same in the end; what each step answers must be the same too, and must lead a client from one number to the next.
 */

async function runHistory(store: Store, steps: readonly Step[]) {
  const model = createMemoryStore(options)
  const clients = new Map(people.map((person) => [person, new Client(person)]))
  for (const each of [model, store]) await each.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
  /** A resume withdraws what has expired: the model does the same. */
  const resume = async (person: string, client: Client) => {
    await model.inboxes.replay(person, undefined)
    await client.resume(store)
  }
  let from = 0
  for (const one of steps) {
    const expected = await takeStep(model, one, from, true)
    const { changes, erased, said } = await takeStep(store, one, from, false)
    expect(said).toEqual(expected.said)
    expect(erased.toSorted()).toEqual(expected.erased.toSorted())
    for (const person of erased) clients.set(person, new Client(person))
    for (const { person, ...change } of changes) {
      expect(change.items.map(({ rev }) => rev)).toEqual(change.items.map(({ rev }) => rev).toSorted((a, b) => a - b))
      expect(change.items.every(({ rev }) => rev > change.after && rev <= change.head)).toBe(true)
      const client = clients.get(person)
      // Whoever was erased begins anew at a number of before, and loads what there is.
      if (client?.receive(change)) {
        expect(erased.includes(person) || client.shows(now).head === 0).toBe(true)
        await resume(person, client)
      }
    }
    if (one.kind === 'batch') from += one.happenings.length
  }
  for (const [person, client] of clients) {
    await resume(person, client)
    await expectClientToAgree(store, person, client)
  }
  expect(await visible(store)).toEqual(await visible(model))
}

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
    it('shows all people what a store shows that does one thing after the other', {
      timeout: randomTimeout(),
    }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) =>
          runHistory(await createStore(await empty(), options), steps),
        ),
        randomRuns(150),
      )
    })
  })
