import { spawn } from 'node:child_process'
import {
  createProxy,
  findPooler,
  findPrograms,
  isMissing,
  type PostgresServer,
  startPooler,
  startPostgres,
} from '@belfry/test-services'
import { Client, type QueryResultRow } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMembers, type Database, openPGlite, openPostgres, type PostgresOptions } from '../../src/index.ts'

it('there are no members on PGlite, where no other process could take over', async () => {
  const database = await openPGlite()
  expect(createMembers(database, { group: 'g' })).toBeUndefined()
  await database.close()
})

describe.skipIf(isMissing(findPrograms()))('the members of a group', () => {
  let server: PostgresServer
  let made = 0
  const endings: (() => unknown)[] = []
  beforeAll(async () => {
    server = await startPostgres()
    // A server that has come back only just now knows of nobody yet.
    await vi.waitUntil(async () => (await uptime()) > 5_000, { timeout: 20_000 })
  })
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const newDatabase = () => server.createDatabase(`members_${made++}`)
  const ask = async (url: string, statement: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(statement)).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const uptime = async () => {
    const [row] = await ask(
      server.url(),
      'select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 as up',
    )
    return Number(row?.up)
  }
  const listed = async (url: string) =>
    (await ask(url, 'select member_id from member order by 1')).map(({ member_id }) => member_id)

  /** A thread: its database, its place in the group, and a clock that stands still unless it is moved. */
  async function open(url: string, { group = 'g', ...more }: Partial<PostgresOptions> & { group?: string } = {}) {
    const database = await openPostgres({ url, ...more })
    endings.push(database.close)
    return thread(database, group)
  }
  function thread(database: Database, group = 'g') {
    const clock = { now: 0 }
    const members = createMembers(database, { group, clock: () => clock.now })
    if (members === undefined) throw new Error('no members')
    endings.push(members.close)
    return {
      database,
      members,
      clock,
      /** The process is killed: nobody is told anything. */
      kill: database.close,
      /** Looks a second later. */
      look: () => {
        clock.now += 1_000
        return members.gone()
      },
    }
  }
  /** Sees whom a member that has been here for a while finds gone at once. */
  const looking = async (url: string, more?: Parameters<typeof open>[1]) => {
    const one = await open(url, more)
    await one.members.list('looking')
    expect(await one.members.gone()).toEqual([])
    return one
  }

  it('whose process is killed are gone after two observations a second apart', async () => {
    const url = await newDatabase()
    const one = await looking(url)
    const index = new URL('../../src/index.ts', import.meta.url).href
    const child = spawn(process.execPath, [
      '-e',
      `const { createMembers, openPostgres } = await import('${index}')
      await createMembers(await openPostgres({ url: '${url}' }), { group: 'g' }).list('killed')
      console.log('listed')
      setInterval(() => {}, 1e6)`,
    ])
    endings.push(() => child.kill('SIGKILL'))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect([await one.look(), await one.look()]).toEqual([[], []])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    const locks = async () => (await ask(url, `select from pg_locks where locktype = 'advisory'`)).length
    await expect.poll(locks).toBe(1)
    one.clock.now += 1_000
    expect(await one.members.gone()).toEqual([])
    one.clock.now += 500
    expect(await one.members.gone()).toEqual([])
    one.clock.now += 500
    expect(await one.members.gone()).toEqual(['killed'])
    // Until somebody has put them out of the group.
    expect(await one.look()).toEqual(['killed'])
    await one.members.forget(['killed'])
    expect([await one.look(), await listed(url)]).toEqual([[], ['looking']])
  })

  it('are gone at the first observation of a member that starts', async () => {
    const url = await newDatabase()
    const one = await open(url)
    await one.members.list('a')
    await one.kill()
    const [next, late] = [await open(url), await open(url)]
    expect(await next.members.gone()).toEqual(['a'])
    await late.members.gone()
    // Whoever is gone by the second is seen for the first time.
    const other = await open(url)
    await other.members.list('b')
    await other.kill()
    expect(await late.members.gone()).toEqual([])
  })

  it('are gone where two observations in a row find no lock', async () => {
    const url = await newDatabase()
    const one = await looking(url)
    const other = await open(url)
    await other.members.list('a')
    await other.kill()
    expect(await one.look()).toEqual([])
    const back = new Client({ connectionString: url })
    await back.connect()
    await back.query(`select pg_advisory_lock(hashtextextended(lock, 1)) from member where member_id = 'a'`)
    expect(await one.look()).toEqual([])
    await back.end()
    const locks = async () => (await ask(url, `select from pg_locks where locktype = 'advisory'`)).length
    await expect.poll(locks).toBe(1)
    expect([await one.look(), await one.look()]).toEqual([[], ['a']])
  })

  it('are of one group, and their locks of one database', async () => {
    const [url, elsewhere] = [await newDatabase(), await newDatabase()]
    const one = await looking(url)
    await ask(url, `insert into member (group_id, member_id, lock) values ('h', 'stranger', 'x'), ('g', 'a', 'y')`)
    const holder = new Client({ connectionString: elsewhere })
    await holder.connect()
    await holder.query(`select pg_advisory_lock(hashtextextended('y', 1))`)
    expect([await one.look(), await one.look()]).toEqual([[], ['a']])
    await one.members.forget(['a', 'stranger'])
    expect(await listed(url)).toEqual(['looking', 'stranger'])
    await holder.end()
  })

  it('are listed under one name each, their latest, until they leave', async () => {
    const url = await newDatabase()
    const [one, other] = [await open(url), await open(url)]
    await Promise.all([one.members.list('a'), other.members.list('b')])
    await one.members.list('c')
    expect(await listed(url)).toEqual(['b', 'c'])
    expect((await other.members.listed()).toSorted()).toEqual(['b', 'c'])
    // Whoever was taken off by mistake comes back under the name that they have.
    await other.members.forget(['c'])
    await one.members.list('c')
    expect(await listed(url)).toEqual(['b', 'c'])
    await one.members.close()
    expect(await listed(url)).toEqual(['b'])
    expect((await ask(url, `select from pg_locks where locktype = 'advisory'`)).length).toBe(1)
    expect([await other.look(), await other.look()]).toEqual([[], []])
  })

  it('are forgotten by the first to do so, and no other waits for it', async () => {
    const url = await newDatabase()
    const [one, other] = [await open(url), await open(url)]
    await ask(url, `insert into member (group_id, member_id, lock) select 'g', n, n from generate_series(1, 3) n`)
    const third = new Client({ connectionString: url })
    await third.connect()
    await third.query(`begin; delete from member where member_id = '2'`)
    await Promise.all([one.members.forget(['1', '2', '3']), other.members.forget(['3', '2', '1'])])
    await third.query('rollback')
    await third.end()
    expect(await listed(url)).toEqual(['2'])
  })

  it('take their locks again by themselves where their session broke, and are not gone', async () => {
    const url = await newDatabase()
    const one = await looking(url)
    const other = await open(url)
    await other.members.list('a')
    const held = `select pid from pg_locks join member on (classid::bigint << 32) | objid::bigint = hashtextextended(lock, 1)
      where locktype = 'advisory' and member_id = 'a'`
    const [before] = await ask(url, held)
    // The first look may fall into the moment in which nobody has it.
    const [, seen] = await Promise.all([ask(url, `select pg_terminate_backend(${before?.pid})`), one.look()])
    const holder = async () => (await ask(url, held))[0]?.pid
    await expect.poll(async () => ![undefined, before?.pid].includes(await holder()), { interval: 10 }).toBe(true)
    expect([seen, await one.look(), await one.look()]).toEqual([[], [], []])
  })

  it('are listed once the store is there again, if it was away when they came', async () => {
    const url = await newDatabase()
    const proxy = await createProxy(server.port)
    endings.push(proxy.close)
    const one = await open(url.replace(String(server.port), String(proxy.port)))
    await one.members.list('a')
    proxy.onSend = () => 'cut'
    proxy.cutAll()
    await ask(url, 'delete from member')
    await expect(one.members.list('b')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(one.members.gone()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    proxy.onSend = undefined
    await expect.poll(() => listed(url)).toEqual(['b'])
  })

  it('are here for five seconds after our own session has come back', async () => {
    const url = await newDatabase()
    const one = await looking(url)
    const other = await open(url)
    await other.members.list('a')
    const session = () =>
      ask(url, `select pid from pg_stat_activity where query like '%pg_locks%' and pid <> pg_backend_pid()`)
    const [mine] = await session()
    await other.kill()
    // Answered once it has ended.
    await ask(url, `select pg_terminate_backend(${mine?.pid}, 20000)`)
    // Whether the look or the watch is first to open another, it has come back.
    await expect.poll(() => one.members.gone().catch(() => ['away'])).toEqual([])
    const looks = []
    for (let second = 0; second < 6; second++) looks.push(await one.look())
    expect(looks).toEqual([[], [], [], [], [], ['a']])
  })

  it('are observed only where our own lock is', async () => {
    const url = await newDatabase()
    const other = await open(url)
    await other.members.list('a')
    await other.kill()
    const database = await openPostgres({ url })
    endings.push(database.close)
    const { locks } = database
    if (locks === undefined) throw new Error('no locks')
    // Another server than the one that we have our lock from.
    const elsewhere = thread({ ...database, locks: { ...locks, holds: () => true } })
    expect([await elsewhere.look(), await elsewhere.look(), await elsewhere.look()]).toEqual([[], [], []])
    const here = thread(database)
    expect(await here.members.gone()).toEqual(['a'])
  })

  it('are all here where the server itself has come back less than five seconds ago', async () => {
    const url = await newDatabase()
    const [one, other] = [await open(url), await open(url)]
    await other.members.list('a')
    await other.kill()
    const { locks } = one.database
    if (locks === undefined) throw new Error('no locks')
    // The server says for how long it has been up; a second is what we take for it here.
    let up = 0
    const said: number[] = []
    const session = {
      ...locks.session,
      async query<Row extends QueryResultRow>(statement: string, values?: readonly unknown[]) {
        const rows = await locks.session.query<Row>(statement, values)
        return rows.map((row) => {
          if (!('up' in row)) return row
          said.push(row.up)
          return { ...row, up }
        })
      },
    }
    const { members, look } = thread({ ...one.database, locks: { ...locks, session } })
    const before = await uptime()
    const looks = [await members.gone()]
    expect(said[0]).toBeGreaterThan(before)
    expect(said[0]).toBeLessThan(await uptime())
    for (up of [999, 1_999, 2_999, 3_999, 4_999, 5_000, 6_000]) looks.push(await look())
    // Neither whoever starts then nor whoever looks again believes it; from then on as always.
    expect(looks).toEqual([[], [], [], [], [], [], [], ['a']])
  })

  it('are found gone after the server has restarted, and not within five seconds of that', async () => {
    const url = await newDatabase()
    const [one, other] = [await looking(url), await open(url)]
    await other.members.list('a')
    await other.kill()
    await server.stop()
    await server.start()
    await expect.poll(() => one.members.gone().catch(() => ['away'])).toEqual([])
    // Our own session has come back long ago.
    one.clock.now += 10_000
    const tooSoon: string[] = []
    const looks = async () => {
      const gone = await one.look()
      if ((await uptime()) < 5_000) tooSoon.push(...gone)
      return gone
    }
    await expect.poll(looks).toEqual(['a'])
    expect(tooSoon).toEqual([])
  })

  it.skipIf(isMissing(findPooler()))('hold their locks past a pooler in transaction mode', async () => {
    const sessionUrl = await newDatabase()
    await using pooler = await startPooler(server.port, 'transaction')
    const url = pooler.url(new URL(sessionUrl).pathname.slice(1))
    await expect.poll(uptime).toBeGreaterThan(5_000)
    const [one, other] = [await looking(url, { sessionUrl }), await open(url, { sessionUrl })]
    await other.members.list('a')
    expect([await one.look(), await one.look()]).toEqual([[], []])
    await other.kill()
    expect([await one.look(), await one.look()]).toEqual([[], ['a']])
    await one.database.close()
  })
})
