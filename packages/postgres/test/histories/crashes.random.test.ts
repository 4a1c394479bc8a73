import type { Store } from '@belfry/core'
import { coreErrors } from '@belfry/core'
import { createMemoryStore } from '@belfry/core/testing'
import {
  createProxy,
  findPrograms,
  isMissing,
  type PostgresServer,
  startPostgres,
  type Proxy as Wire,
} from '@belfry/test-services'
import { randomRuns, randomTimeout } from '@belfry/test-services/random'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStore, type Database, openPostgres } from '../../src/index.ts'
import { emptied, engines, oneDatabase } from '../one-database.ts'
import { expectClientToAgree, options } from './agree.ts'
import { Client } from './client.ts'
import { type Crash, crashing } from './crashing.ts'
import { people, type Step, step } from './steps.ts'
import { takeStep } from './take-step.ts'
import { visible } from './visible.ts'

/*
 * The same random histories, and everything breaks: between any two statements, at COMMIT, before an answer comes back. Whoever asked
 * asks again, as the intake does. In the end nothing may be missing or there twice.
 */

/** Which statement of a step breaks, counted from one, and whether it has been done by then; 0 is the COMMIT, if there is one. */
const crash: fc.Arbitrary<Crash> = fc.record({
  // Marks are done in four statements, batches in twenty.
  at: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 20 })),
  done: fc.boolean(),
})
const history = fc.array(fc.record({ step, crashes: fc.array(crash, { maxLength: 3 }) }), {
  minLength: 1,
  maxLength: 14,
})
type History = readonly { readonly step: Step; readonly crashes: readonly Crash[] }[]

/** Letters are counted, because the ids of those that came to nothing are not given again. */
async function nthLetter(store: Store, one: Step): Promise<Step> {
  if (one.kind !== 'retry' && one.kind !== 'remove') return one
  const letters = (await store.deadLetters.list({ limit: 200 })).toReversed()
  return { ...one, id: letters[one.id - 1]?.id ?? 0 }
}

/** A large audience is told to the end: nobody could say afterwards how often a step that broke was taken. */
async function takeWhole(store: Store, one: Step, from: number, apart: boolean) {
  const taken = [await takeStep(store, one, from, apart)]
  while (one.kind === 'fanOut' && taken.at(-1)?.said === true) taken.push(await takeStep(store, one, from, apart))
  return { changes: taken.flatMap(({ changes }) => changes), erased: taken.flatMap(({ erased }) => erased) }
}

/** Runs it on a store that breaks as `arm` is told, and compares it with one that never does. */
async function runHistory(store: Store, arm: (crash: Crash | undefined) => Promise<void>, steps: History) {
  const model = createMemoryStore(options)
  const clients = new Map(people.map((person) => [person, new Client(person)]))
  for (const each of [model, store]) await each.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
  /** A resume withdraws what has expired: the model does the same, and nothing breaks meanwhile. */
  const resume = async (person: string) => {
    await arm(undefined)
    await model.inboxes.replay(person, undefined)
    await clients.get(person)?.resume(store)
  }
  let from = 0
  for (const { step: one, crashes } of steps) {
    await takeWhole(model, await nthLetter(model, one), from, true)
    const own = await nthLetter(store, one)
    // As often as it breaks, and once more; a machine that is busy may let that be given up as well.
    let isDone = false
    for (let attempt = 0; attempt <= crashes.length || !isDone; attempt++) {
      expect(attempt).toBeLessThan(20)
      await arm(crashes[attempt])
      isDone = false
      try {
        const { changes, erased } = await takeWhole(store, own, from, false)
        isDone = true
        for (const person of erased) clients.set(person, new Client(person))
        for (const { person, ...change } of changes) if (clients.get(person)?.receive(change)) await resume(person)
      } catch (error) {
        // Whatever breaks, it is said to pass.
        expect(error).toMatchObject({ code: coreErrors.STORE_UNAVAILABLE({ why: '' }).code })
      }
    }
    if (one.kind === 'batch') from += one.happenings.length
  }
  for (const [person, client] of clients) {
    await resume(person)
    await expectClientToAgree(store, person, client)
  }
  expect(await seen(store)).toEqual(await seen(model))
}

/** Everything but the ids of letters, of which some came to nothing. */
async function seen(store: Store) {
  const { letters, some: _, ...rest } = await visible(store)
  return { ...rest, letters: letters.map(({ id: __, ...letter }) => letter) }
}

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
    it('nothing is lost or repeated, between whatever statements it breaks', { timeout: randomTimeout() }, async () => {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const { database, arm } = crashing(await empty())
          await runHistory(await createStore(database, options), arm, steps)
        }),
        randomRuns(100),
      )
    })
  })

describe.skipIf(isMissing(findPrograms()))('on Postgres behind a wire', () => {
  let server: PostgresServer
  let proxy: Wire
  let direct: Database
  let database: Database
  beforeAll(async () => {
    server = await startPostgres()
    const url = await server.createDatabase('wire')
    proxy = await createProxy(server.port)
    direct = await openPostgres({ url })
    database = await openPostgres({ url: url.replace(String(server.port), String(proxy.port)) })
  })
  afterAll(async () => {
    await Promise.all([direct?.close(), database?.close()])
    await proxy?.close()
    await server?.[Symbol.asyncDispose]()
  })

  /** Cuts the wire at a message that a client sends, before or after it has arrived. */
  const arm = async (crash: Crash | undefined) => {
    // What was cut off may still be at work: it is waited for, as the next would have to.
    await expect.poll(async () => (await busy.execute(direct.db)).rows).toEqual([])
    let messages = 0
    proxy.onSend =
      crash &&
      ((bytes) => {
        const wanted = crash.at === 0 ? bytes.includes('commit') : ++messages === crash.at
        if (!wanted) return 'pass'
        proxy.onSend = undefined
        return crash.done ? 'pass-then-cut' : 'cut'
      })
  }
  const busy = sql`select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle'`

  it('nothing is lost or repeated, at whatever message it is cut', { timeout: randomTimeout() }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await arm(undefined)
        await emptied(direct)
        await runHistory(await createStore(database, options), arm, steps)
      }),
      randomRuns(40),
    )
  })
})
