import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { isMissing } from '@belfry/test-services'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { createEventLog, createStore, type Database, openPGlite, openPostgres } from '../../src/index.ts'
import { postgresLimits } from '../../src/limits.ts'
import { postgres } from '../one-database.ts'

const options = { render: renderPlainly, clock: () => start }
const all = { limit: 10, filter: 'all' } as const
const record = (value: string) => ({ topic: 't', key: 'k', value, headers: {} })
const opened: Database[] = []
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})
const keep = (database: Database) => {
  opened.push(database)
  return database
}

/** A transaction of the intake that lasts until it is told to end. */
async function occupy({ background }: Database, statement = 'select 1') {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const done = background.transaction().execute(async (trx) => {
    await sql.raw(statement).execute(trx)
    begun.resolve()
    await ended.promise
  })
  await begun.promise
  return async () => {
    ended.resolve()
    await done
  }
}

describe('calls for people', () => {
  it('beyond a thousand are refused at once, and each that ends makes room', async () => {
    const database = keep(await openPGlite())
    const store = await createStore(database, options)
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    const release = await occupy(database)
    const { most } = postgresLimits.PEOPLE_CALLS
    const waiting = Array.from({ length: most }, () => store.inboxes.page('u1', all))
    for (const refused of [
      () => store.inboxes.page('u2', all),
      () => store.inboxes.notification('u2', 1),
      () => store.inboxes.mark('u2', 1, { read: true }),
      () => store.inboxes.readThrough('u2', 1),
    ])
      await expect(refused()).rejects.toThrow(`STORE_UNAVAILABLE: the store is away: ${most} requests are under way`)
    await release()
    expect(new Set((await Promise.all(waiting)).map(({ head }) => head))).toEqual(new Set([1]))
    expect((await store.inboxes.page('u1', all)).head).toBe(1)
  })

  it('do not make operators, probes and the intake wait for more than one of them in the embedded store', async () => {
    const database = keep(await openPGlite())
    const store = await createStore(database, options)
    const { source } = createEventLog(database)
    await source.open(['t'], store.positions)
    const release = await occupy(database)
    let read = 0
    const waiting = Array.from({ length: 900 }, async () => {
      await store.inboxes.page('u1', all)
      read++
    })
    const asked = [
      store.ready(),
      source.progress(),
      store.deadLetters.list({ limit: 1 }),
      happen(store, { id: 'e1', effects: [notify('u1')] }),
    ].map(async (answer) => {
      await answer
      return read
    })
    await release()
    // Each waits for some statements of its own at most, and for as many of people.
    for (const before of await Promise.all(asked)) expect(before).toBeLessThan(100)
    await Promise.all(waiting)
    await source.close()
  })
})

describe('appends', () => {
  it('appends to the log take turns, and those that find no place are refused', async () => {
    const database = keep(await openPGlite())
    const store = await createStore(database, options)
    const { publisher, source } = createEventLog(database)
    await source.open(['t'], store.positions)
    const release = await occupy(database)
    const most = postgresLimits.APPENDS.most + postgresLimits.APPENDS_WAITING.most
    const appending = Array.from({ length: most }, (_, index) => publisher.publish([record(String(index))]))
    await expect(publisher.publish([record('x')])).rejects.toThrow(
      /^LOG_UNAVAILABLE: .* 1000 requests wait for it already/,
    )
    // Whoever reads an inbox waits for those four at most.
    const read = store.inboxes.page('u1', all)
    await release()
    await read
    expect((await source.progress())[0]?.end).toBeLessThan(100)
    await Promise.all(appending)
    expect((await source.progress())[0]?.end).toBe(most)
    await source.close()
  })
})

describe.skipIf(isMissing(postgres))('on Postgres', () => {
  it('operators and probes are answered while slow reads hold every connection for people, and the other way round', async () => {
    const url = await postgres?.createDatabase()
    const database = keep(await openPostgres({ url: url ?? '', poolSize: 3 }))
    const store = await createStore(database, options)
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    const { source } = createEventLog(database)
    await source.open(['t'], store.positions)
    const release = await occupy(database, 'lock table inbox in access exclusive mode')
    const answered = new AbortController()
    const reading = (async () => {
      while (!answered.signal.aborted)
        await Promise.allSettled(Array.from({ length: 50 }, () => store.inboxes.page('u1', all)))
    })()
    for (let times = 0; times < 5; times++) {
      await store.ready()
      await source.progress()
      await store.deadLetters.list({ limit: 1 })
      await store.topics.paused()
    }
    answered.abort()
    await release()
    await reading

    const releasePaused = await occupy(database, 'lock table paused_topic in access exclusive mode')
    const waiting = Promise.allSettled(Array.from({ length: 50 }, () => store.topics.paused()))
    expect((await store.inboxes.page('u1', all)).head).toBe(1)
    await releasePaused()
    await waiting
    await source.close()
  })
})
