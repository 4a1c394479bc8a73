import { createHost, createIntake, createRetry, type Publisher, type Source, type Store } from '@belfry/core'
import { createMemoryEventLog, createMemoryStore } from '@belfry/core/testing'
import { createEventLog, createStore, type Database, openPGlite, openPostgres } from '@belfry/postgres'
import { postgresForTests } from '@belfry/test-services'
import { randomRuns, randomTimeout } from '@belfry/test-services/random'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import plugins from '../../src/plugins.ts'
import { begunFolder } from '../start-belfry.ts'
import { now, people, type Round, round, topics } from './rounds.ts'

/*
 * Events of all nineteen types, through the platform's plugins: the real store gets them in batches from its log, the store in
 * memory one at a time. Whatever a person or an operator can see must be the same in the end.
 */

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** PGlite in a folder of its own, which goes with it. */
async function openEmbedded(): Promise<Database> {
  const folder = await begunFolder()
  const database = await openPGlite({ folder: folder.path })
  const { close } = database
  return Object.assign(database, {
    async close() {
      await close()
      await folder[Symbol.asyncDispose]()
    },
  })
}

/** Each engine, how to open an empty database of it, and how many histories to run. */
const engines: readonly (readonly [string, (() => Promise<Database>) | undefined, number])[] = [
  ['PGlite', openEmbedded, 20],
  ['Postgres', postgres && (async () => openPostgres({ url: await postgres.createDatabase() })), 20],
]
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const clock = () => now

/** An intake of the whole platform on a source and a store, which tells when so many records have been applied. */
async function platform({
  source,
  publisher,
  store,
  apart,
}: {
  source: Source
  publisher: Publisher
  store: Store
  apart: boolean
}) {
  const host = createHost({ plugins })
  let done = 0
  let losses = 0
  let awaited = { count: 0, resolve: () => {} }
  const intake = createIntake({
    source,
    store,
    host,
    logger,
    clock,
    onApplied: ({ slices, applied: { lost } }) => {
      losses += lost.length
      done += slices.flatMap(({ entries }) => entries).length
      if (done >= awaited.count) awaited.resolve()
    },
  })
  await intake.open(topics)
  intake.start(...topics)
  const retry = createRetry({ deadLetters: store.deadLetters, host, logger, clock })
  const publish = async (records: Extract<Round, { kind: 'records' }>['records']) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    awaited = { count: done + records.length, resolve }
    await publisher.publish(records)
    await promise
  }
  return {
    intake,
    losses: () => losses,
    async take(one: Round) {
      if (one.kind === 'fanOut') return void (await store.upkeep.fanOut(now, one.limit))
      if (one.kind === 'read') return void (await store.inboxes.readThrough(one.person, one.through))
      if (one.kind === 'retry') return (await retry(one.id, true).catch((error: Error) => error.message)) && undefined
      if (!apart) return publish(one.records)
      for (const record of one.records) await publish([record])
    },
  }
}

async function visible(store: Store) {
  const inboxes = []
  for (const person of people) {
    const all = await store.inboxes.page(person, { limit: 200, filter: 'all' })
    const replay = await store.inboxes.replay(person, 0)
    inboxes.push({ all, replay, whys: await Promise.all(all.items.map(({ seq }) => store.inboxes.why(person, seq))) })
  }
  const listed = await store.deadLetters.list({ limit: 200 })
  const letters = await Promise.all(listed.map(async (one) => ({ ...one, ...(await store.deadLetters.find(one.id)) })))
  return {
    inboxes,
    letters: letters.map(({ key, value, ...rest }) => ({
      ...rest,
      key: key && Buffer.from(key).toString(),
      value: value && Buffer.from(value).toString(),
    })),
    positions: await store.positions.beginAt(topics.map((topic) => ({ topic, partition: 0, next: 0 }))),
  }
}

for (const [name, open, count] of engines)
  describe.skipIf(open === undefined)(`the platform on ${name}`, () => {
    it(
      'shows everybody what it shows when it does one thing after the other',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 12 }), async (rounds) => {
            const { render } = createHost({ plugins })
            const database = await open?.()
            if (database === undefined) return
            const store = await createStore(database, { render, clock, fanOutOver: 2 })
            const real = await platform({ ...createEventLog(database, { clock }), store, apart: false })
            const memory = createMemoryStore({ render, clock, fanOutOver: 2 })
            const model = await platform({ ...createMemoryEventLog({ clock }), store: memory, apart: true })
            try {
              for (const one of rounds) {
                await model.take(one)
                await real.take(one)
              }
              // Nobody else is at this log.
              expect(real.losses()).toBe(0)
              const [shown, expected] = [await visible(store), await visible(memory)]
              const byTopic = (all: typeof shown.positions) => all.toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
              expect({ ...shown, positions: byTopic(shown.positions) }).toEqual({
                ...expected,
                positions: byTopic(expected.positions),
              })
            } finally {
              await Promise.all([real.intake.close(), model.intake.close()])
              await store.close()
            }
          }),
          randomRuns(count),
        )
      },
      randomTimeout(),
    )
  })
