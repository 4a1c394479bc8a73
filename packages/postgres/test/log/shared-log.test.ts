import type { Chunk, NewRecord, Position } from '@belfry/core'
import { findPrograms, isMissing, type PostgresServer, startPostgres } from '@belfry/test-services'
import { type KyselyPlugin, sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEventLog, createStore, openPostgres } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'
import { withoutRequestTimeouts } from '../without-request-timeouts.ts'

const record = (value: string): NewRecord => ({ topic: 't', key: 'k', value, headers: {} })
const place = { topic: 't', partition: 0 }

/** A process's log on the shared database: what it takes it keeps, and applies when it is told to. */
async function open(url: string, plugin?: KyselyPlugin) {
  // A test holds some of them up.
  const database = aroundTransactions(withoutRequestTimeouts(await openPostgres({ url })), {}, plugin)
  const store = await createStore(database, { render: () => ({ title: '', body: '' }) })
  const { source, publisher } = createEventLog(database)
  const taken: Chunk[] = []
  await source.open(['t'], store.positions)
  source.resume('t')
  const reading = (async () => {
    for (let chunks = await source.take(3); chunks.length > 0; chunks = await source.take(3)) taken.push(...chunks)
  })()
  return {
    database,
    source,
    publisher,
    taken,
    values: () =>
      taken.flatMap(({ records }) => records.map(({ value }) => new TextDecoder().decode(value ?? undefined))),
    async applyUpTo(next: number): Promise<readonly Position[]> {
      const from = taken[0]?.from ?? 0
      const { lost } = await store.batches.apply({ at: 0, slices: [{ ...place, from, next, entries: [] }] })
      if (lost.length === 0) source.advance([{ ...place, next }])
      return lost
    },
    async close() {
      await source.close()
      await reading
      await store.close()
    },
  }
}

/** Keeps the answers to a statement back while it is closed. */
function gateOf(statement: string) {
  const asked = new Set<unknown>()
  let held = Promise.withResolvers<void>()
  const gate = {
    passed: 0,
    waiting: 0,
    open: () => held.resolve(),
    close() {
      held = Promise.withResolvers()
    },
    plugin: {
      transformQuery({ node, queryId }) {
        if (JSON.stringify(node).includes(statement)) asked.add(queryId)
        return node
      },
      async transformResult({ result, queryId }) {
        if (!asked.has(queryId)) return result
        gate.waiting++
        await held.promise
        gate.waiting--
        gate.passed++
        return result
      },
    } satisfies KyselyPlugin,
  }
  held.resolve()
  return gate
}

describe.skipIf(isMissing(findPrograms()))('a log that several processes share', () => {
  let server: PostgresServer
  let made = 0
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  it('is read by one process, whichever appends, and by the next one from the position on', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const one = await open(url)
    await one.publisher.publish([record('1')])
    await expect.poll(one.values).toEqual(['1'])
    const other = await open(url)
    await other.publisher.publish([record('2'), record('3')])
    await one.publisher.publish([record('4')])
    await expect.poll(one.values).toEqual(['1', '2', '3', '4'])
    expect(await one.applyUpTo(2)).toEqual([])
    expect(other.values()).toEqual([])
    await one.close()
    // Two were taken and not applied: they are taken again.
    await expect.poll(other.values).toEqual(['3', '4'])
    expect(other.taken[0]?.from).toBe(2)
    await other.close()
  })

  it('is not read from a position in Kafka before an operator has decided where, and deletes nothing', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const database = await openPostgres({ url })
    const store = await createStore(database, { render: () => ({ title: '', body: '' }) })
    const { source, publisher } = createEventLog(database)
    await store.positions.beginAt([{ ...place, next: 2, logId: 'of a topic' }])
    await source.open(['t', 'other'], store.positions)
    for (const topic of ['t', 'other']) {
      source.resume(topic)
      await publisher.publish(['0', '1', '2'].map((value) => ({ ...record(value), topic })))
    }
    expect((await source.take(9)).map(({ topic }) => topic)).toEqual(['other'])
    const stranded = 't was read up to 2 from Kafka, and not yet from the log in the store'
    expect(source.trouble()).toBe(stranded)
    expect((await source.progress())[0]).toEqual({ ...place, next: 2, end: 3, lag: 3, stranded })
    // Topics are looked through in their order.
    const next = { topic: 'other', partition: 0, next: 3 }
    await store.positions.move([{ from: { ...next, next: 0 }, to: next }])
    source.advance([next])
    const left = async () =>
      (await sql<{ topic: string }>`select topic from event_log`.execute(database.db)).rows.map(({ topic }) => topic)
    await expect.poll(left).not.toContain('other')
    expect(await left()).toEqual(['t', 't', 't'])
    const [from] = await store.positions.of(['t'])
    if (from === undefined) throw new Error('there is no position')
    await store.positions.move([{ from, to: await source.locate({ ...place, next: 0 }) }])
    source.refresh()
    expect(await source.take(9)).toMatchObject([{ topic: 't', from: 0, next: 3 }])
    expect(source.trouble()).toBeUndefined()
    await source.close()
    await store.close()
  })

  it('is not read past an offset that was taken before another, and commits after it', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const [one, other] = [await open(url), await open(url)]
    // Whoever appends first is held up where its record is to stand.
    const third = new Client({ connectionString: url })
    await third.connect()
    await third.query('begin')
    await third.query(`insert into event_log values ('t', 0, 0, 'k', 'x', '{}', now())`)
    const waiters = async () =>
      (await sql.raw('select 1 from pg_locks where not granted').execute(one.database.db)).rows.length
    const first = one.publisher.publish([record('1')])
    await expect.poll(waiters).toBe(1)
    let done = false
    const second = other.publisher.publish([record('2')]).finally(() => (done = true))
    await expect.poll(async () => done || (await waiters()) === 2).toBe(true)
    // What can be seen by now is read by now.
    await expect.poll(() => !done || one.values().length + other.values().length > 0).toBe(true)
    await third.query('rollback')
    await Promise.all([first, second, third.end()])
    await expect.poll(() => [...one.values(), ...other.values()].length).toBe(2)
    expect([one.values(), other.values()].toSorted((a, b) => b.length - a.length)).toEqual([['1', '2'], []])
    await Promise.all([one.close(), other.close()])
  })

  it('goes back where a replica that lacked the last writes is promoted: nothing is taken beyond its end, or deleted', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const ends = gateOf('select topic, next from event_log_end')
    const one = await open(url, ends.plugin)
    const run = (statement: string) => sql.raw(statement).execute(one.database.db)
    await one.publisher.publish(['0', '1', '2', '3', '4'].map(record))
    await expect.poll(one.values).toHaveLength(5)
    expect(await one.applyUpTo(5)).toEqual([])
    one.source.pause('t')
    one.taken.length = 0
    // Between two looks, as it would be: what it has in memory is of another time than what the new server has.
    const { passed } = ends
    await expect.poll(() => ends.passed > passed, { interval: 1 }).toBe(true)
    await run(`begin; update position set next = 1; delete from event_log; update event_log_end set next = 3;
      insert into event_log select 't', 0, n, 'k', 'again', '{}', now() from generate_series(1, 2) n; commit;
      select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`)
    await expect.poll(() => one.database.locks?.holds('belfry event_log t'), { interval: 1 }).toBe(false)
    // It takes the topic over and knows the position; where the topic ends it is not told yet.
    ends.close()
    one.source.resume('t')
    await expect.poll(() => ends.waiting > 0).toBe(true)
    one.source.resume('t')
    await expect.poll(async () => (await one.source.progress()).length).toBe(1)
    ends.open()
    await expect.poll(() => one.taken.at(-1)?.next).toBe(3)
    const elsewhere = await open(url)
    await elsewhere.publisher.publish([record('3')])
    await expect.poll(one.values).toEqual(['again', 'again', '3'])
    expect(one.taken.map(({ from, next }) => [from, next])).toEqual([
      [1, 3],
      [3, 4],
    ])
    await Promise.all([one.close(), elsewhere.close()])
  })

  it('deletes nothing above a position that has gone back', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const one = await open(url)
    const run = (statement: string) => sql.raw(statement).execute(one.database.db)
    await one.publisher.publish(['0', '1', '2'].map(record))
    await expect.poll(one.values).toHaveLength(3)
    expect(await one.applyUpTo(2)).toEqual([])
    // What it has in memory was applied by a server that is no more.
    one.source.advance([{ ...place, next: 3 }])
    const left = async () => (await run(`select "offset" from event_log order by 1`)).rows
    await expect.poll(left).toEqual([{ offset: '2' }])
    await one.close()
  })

  it('is given up by a process that loses its session: it takes nothing more, and loses what it applies too late', async () => {
    const url = await server.createDatabase(`shared_${made++}`)
    const one = await open(url)
    await one.publisher.publish([record('1'), record('2')])
    await expect.poll(one.values).toEqual(['1', '2'])
    const other = await open(url)
    // Somebody waits for the lock, and so has it before either can take it again.
    const third = new Client({ connectionString: url })
    await third.connect()
    const waiting = third.query(`select pg_advisory_lock(hashtextextended('belfry event_log t', 1))`)
    const run = (statement: string) => sql.raw(statement).execute(other.database.db)
    await expect.poll(async () => (await run('select 1 from pg_locks where not granted')).rows.length).toBe(1)
    await run(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`)
    await waiting
    await expect.poll(() => one.database.locks?.holds('belfry event_log t')).toBe(false)
    await one.publisher.publish([record('3')])
    await one.source.progress()
    expect([one.values(), other.values()]).toEqual([['1', '2'], []])
    one.source.pause('t')
    await third.end()
    await expect.poll(other.values).toEqual(['1', '2', '3'])
    expect(await other.applyUpTo(3)).toEqual([])
    expect(await one.applyUpTo(2)).toEqual([{ ...place, next: 3 }])
    await Promise.all([one.close(), other.close()])
  })
})
