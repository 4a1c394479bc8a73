import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { createProxy, findPooler, findPrograms, isMissing, startPooler, startPostgres } from '@belfry/test-services'
import { sql } from 'kysely'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { createEpoch } from '../../src/connect/epoch.ts'
import { checkPostgres, createEventLog, createStore, openPostgres } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'

const options = { render: renderPlainly, clock: () => start }

describe.skipIf(isMissing(findPrograms()))('Postgres', () => {
  it('is migrated by one of several processes that start at once, and refused once a newer version has migrated it', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const opened = await Promise.all(Array.from({ length: 4 }, () => openPostgres({ url })))
    expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(1)
    const [first] = opened
    if (first) await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`.execute(first.db)
    await Promise.all(opened.map(({ close }) => close()))
    await expect(openPostgres({ url })).rejects.toThrow(
      'STORE_NEWER: the store was migrated by a newer Belfry: it has 9999-later',
    )
  })

  it('is checked without being changed: no tables are made, and the errors of opening it are thrown', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await checkPostgres({ url })
    const client = new Client({ connectionString: url })
    await client.connect()
    const tables = await client.query(`select 1 from pg_tables where schemaname = 'public'`)
    expect(tables.rows).toEqual([])
    await (await openPostgres({ url })).close()
    await checkPostgres({ url })
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`)
    await client.end()
    await expect(checkPostgres({ url })).rejects.toThrow('STORE_NEWER')
    await expect(checkPostgres({ url: 'postgres://x@127.0.0.1:1/belfry' })).rejects.toThrow('POSTGRES_UNREACHABLE')
  })

  it('parses and plans the statements of a batch once for each connection, and again once they were deallocated', async () => {
    await using server = await startPostgres()
    const database = await openPostgres({ url: await server.createDatabase('belfry'), backgroundPoolSize: 1 })
    const store = await createStore(database, options)
    const apply = (id: string) => happen(store, { id, effects: [notify('u1'), notify('u2')] })
    const kept = async () =>
      (
        await sql<{ statement: string; uses: number }>`select statement, (generic_plans + custom_plans)::int as uses
          from pg_prepared_statements order by 1`.execute(database.background)
      ).rows
    for (const id of ['e1', 'e2', 'e3']) await apply(id)
    const first = await kept()
    expect(first.length).toBeGreaterThan(3)
    for (const id of ['e4', 'e5', 'e6']) await apply(id)
    expect(await kept()).toEqual(first.map((one) => ({ ...one, uses: 2 * one.uses })))
    await sql`deallocate all`.execute(database.background)
    await expect(apply('e7')).rejects.toThrow('STORE_UNAVAILABLE')
    await apply('e7')
    expect(await store.inboxes.page('u1', { limit: 9, filter: 'all' })).toMatchObject({ head: 7 })
    await store.close()
  })

  it('keeps its sessions in the same database, and in no other', async () => {
    await using server = await startPostgres()
    const [url, sessionUrl] = [await server.createDatabase('one'), await server.createDatabase('other')]
    const sentence = /^SESSION_URL_ELSEWHERE: session_url leads to another database \(.*\/other\) than url \(.*\/one\)/
    await expect(openPostgres({ url, sessionUrl })).rejects.toThrow(sentence)
    await (await openPostgres({ url })).close()
    await expect(openPostgres({ url, sessionUrl })).rejects.toThrow(sentence)
    await expect(checkPostgres({ url, sessionUrl })).rejects.toThrow(sentence)
    await (await openPostgres({ url, sessionUrl: `${url}?application_name=other` })).close()
  })

  it('keeps what an earlier version has written', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const now = await openPostgres({ url })
    // As the first version left it.
    const { up } = await import('../../src/migrations/0001-inbox.ts')
    await sql`drop schema public cascade`.execute(now.db)
    await sql`create schema public`.execute(now.db)
    await up(now.db as never)
    await sql`create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
      now.db,
    )
    await sql`create table kysely_migration_lock (id varchar(255) primary key, is_locked integer not null default 0)`.execute(
      now.db,
    )
    await sql`insert into kysely_migration_lock values ('migration_lock', 0)`.execute(now.db)
    await sql`insert into kysely_migration values ('0001-inbox', '2026')`.execute(now.db)
    await sql`insert into profile (person, locale) values ('u1', 'de'), ('u2', null)`.execute(now.db)
    await sql`insert into inbox (person, head, unread) values ('u1', 2, 1)`.execute(now.db)
    await sql`insert into notification (person, seq, rev, plugin, message, priority, title, body, created_at, why, withdrawn)
      select 'u1', n, n, 'p', 'said', 'normal', 'a', 'b', '2026-01-01', '{}', n = 2 from generate_series(1, 2) n`.execute(
      now.db,
    )
    await sql`insert into position values ('before', 0, 7)`.execute(now.db)
    await now.close()
    const store = await createStore(await openPostgres({ url }), options)
    expect(await store.positions.of(['before'])).toEqual([{ topic: 'before', partition: 0, next: 7 }])
    expect(await store.inboxes.page('u1', { limit: 9, filter: 'all' })).toMatchObject({
      head: 2,
      unread: 1,
      items: [{ seq: 1 }],
    })
    expect((await happen(store, { id: 'e1', effects: [notify('#everyone')] })).changes.length).toBe(2)
    await store.close()
  })

  it('reports what is wrong where it cannot be reached, and never the password', async () => {
    await expect(openPostgres({ url: 'postgres://belfry:hidden@127.0.0.1:1/belfry' })).rejects.toThrow(
      'POSTGRES_UNREACHABLE: Postgres at 127.0.0.1:1/belfry cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
    )
    await using server = await startPostgres()
    await expect(openPostgres({ url: server.url('absent') })).rejects.toThrow('database "absent" does not exist')
  })

  it('reports what a user lacks who must not make tables', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const owner = new Client({ connectionString: url })
    await owner.connect()
    await owner.query('create role newcomer login')
    await owner.end()
    await expect(openPostgres({ url: url.replace('belfry@', 'newcomer@') })).rejects.toThrow(
      /TABLES_REFUSED: .* refused to make or change the tables: permission denied for schema public/,
    )
  })

  it('is connected to with TLS, and its certificate is verified', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-tls-'))
    const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')]
    execFileSync(
      'openssl',
      [
        ...['req', '-new', '-x509', '-days', '2', '-nodes', '-newkey', 'rsa:2048', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-out', certificate, '-keyout', key],
      ],
      { stdio: 'pipe' },
    )
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'postgres', folder])
    await using server = await startPostgres(['ssl=on', `ssl_cert_file='${certificate}'`, `ssl_key_file='${key}'`])
    const url = await server.createDatabase('belfry')
    const encrypted = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
    const database = await openPostgres({ url, tls: { ca: readFileSync(certificate, 'utf8') } })
    expect((await encrypted.execute(database.db)).rows).toEqual([{ ssl: true }])
    await database.close()
    await expect(openPostgres({ url, tls: {} })).rejects.toThrow('self-signed certificate')
    await (await openPostgres({ url, tls: { rejectUnauthorized: false } })).close()
    rmSync(folder, { recursive: true })
  })

  it('has another epoch after a failover, and after a restore that an operator reports', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const store = await createStore(await openPostgres({ url }), options)
    const before = store.history.epoch
    expect(before).toMatch(/^[0-9a-f-]{36}\.1$/)
    // A restart is no failover.
    await server.stop()
    await server.start()
    await expect
      .poll(() =>
        store.ready().then(
          () => 'ready',
          () => 'away',
        ),
      )
      .toBe('ready')
    expect(store.history.epoch).toBe(before)
    await server.promote()
    await expect
      .poll(() =>
        store.ready().then(
          () => 'ready',
          () => 'away',
        ),
      )
      .toBe('ready')
    expect(store.history.epoch).toBe(before.replace(/\.1$/, '.2'))
    await store.close()
    const restored = await openPostgres({ url, restored: true })
    expect(restored.epoch.slice(0, 36)).not.toBe(before.slice(0, 36))
    await restored.close()
  })

  it('has another epoch for all processes once one of them has renewed it', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const [one, other] = [await openPostgres({ url }), await openPostgres({ url })]
    const before = one.epoch
    await one.renew()
    expect([one.epoch === before, one.epoch.slice(36), other.epoch]).toEqual([false, '.1', before])
    const used = () => sql`select 1`.execute(other.db).then(() => other.epoch)
    await expect.poll(used).toBe(one.epoch)
    await Promise.all([one.close(), other.close()])
  })

  it('reads the epoch again when a connection is used a second after it was read, and no sooner', async () => {
    let now = 0
    const epoch = createEpoch(() => now)
    let asked = 0
    const use = () => epoch.readIfOld(() => Promise.resolve({ rows: [{ epoch: String(++asked) }] }))
    const seen: string[] = []
    for (now of [0, 999, 1_000, 1_001, 1_999, 2_000]) {
      await use()
      seen.push(epoch.value)
    }
    expect(seen).toEqual(['1', '1', '2', '2', '2', '3'])
  })

  it('keeps the epoch of the latest read, whichever is answered last', async () => {
    const epoch = createEpoch()
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const answered = ({ promise }: typeof first) => promise.then((value) => ({ rows: [{ epoch: value }] }))
    const reading = [epoch.read(() => answered(first)), epoch.read(() => answered(second))]
    second.resolve('new')
    await reading[1]
    first.resolve('old')
    await reading[0]
    expect(epoch.value).toBe('new')
  })

  it('reads in each statement what others have committed by then, whatever its default is', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const before = await openPostgres({ url })
    await sql`alter database belfry set default_transaction_isolation = 'repeatable read'`.execute(before.db)
    await before.close()
    const levels: string[] = []
    const database = aroundTransactions(await openPostgres({ url }), {
      async before(trx) {
        const { rows } = await sql<{ level: string }>`select current_setting('transaction_isolation') as level`.execute(
          trx,
        )
        levels.push(rows[0]?.level ?? '')
      },
    })
    const store = await createStore(database, options)
    await createEventLog(database).publisher.publish([{ topic: 't', key: 'k', value: '{}', headers: {} }])
    await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt: new Date(start + 60_000).toISOString() })] })
    await store.inboxes.mark('u1', 1, { read: true })
    await store.inboxes.readThrough('u1', 1)
    await store.upkeep.expire(start + 60_000, 9)
    await store.upkeep.fanOut(start, 9)
    await store.upkeep.retain({ at: start, readBefore: start, before: start })
    await store.people.erase('u1', start)
    expect(levels).toEqual(Array.from({ length: 9 }, () => 'read committed'))
    await store.close()
  })

  it('notices soon that the machine of a session with locks is gone', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const proxy = await createProxy(server.port)
    const sent: string[] = []
    proxy.onSend = (bytes) => {
      sent.push(bytes.toString('latin1'))
      return 'pass'
    }
    const database = await openPostgres({ url: url.replace(String(server.port), String(proxy.port)) })
    sent.length = 0
    await database.locks?.take('a')
    // What a session has set of it nobody else can ask.
    expect(sent.join('')).toMatch(/tcp_keepalives_idle = 5.*tcp_keepalives_interval = 3.*pg_try_advisory_lock/s)
    await database.close()
    await proxy.close()
  })

  it('releases its topics when the log is closed, and when its connection is cut', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const proxy = await createProxy(server.port)
    const one = await openPostgres({ url: url.replace(String(server.port), String(proxy.port)) })
    const other = await openPostgres({ url })
    const take = async (database: typeof one) => (await database.locks?.take('a')) ?? false
    expect([await take(one), await take(other), await take(one)]).toEqual([true, false, true])
    proxy.cutAll()
    await expect.poll(() => one.locks?.holds('a')).toBe(false)
    await expect.poll(() => take(other)).toBe(true)
    await other.locks?.release('a')
    expect([await take(one), one.locks?.holds('a'), other.locks?.holds('a')]).toEqual([true, true, false])
    await Promise.all([one.close(), other.close()])
    // Closed is closed: nothing opens a session again.
    await expect(one.locks?.take('a')).rejects.toThrow('the session is closed')
    await proxy.close()
  })

  it('keeps the locks of its present session when one that it has given up ends', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const database = await openPostgres({ url })
    const { locks } = database
    const sessions = async () => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
        where query like '%advisory%' and query not like '%activity%'`.execute(database.db)
      return rows[0]?.count
    }
    // Postgres takes no NUL: the question fails, and the session with it.
    await expect(locks?.take('\0')).rejects.toThrow()
    expect(await locks?.take('a')).toBe(true)
    await expect.poll(sessions).toBe(1)
    expect(locks?.holds('a')).toBe(true)
    await locks?.release('a')
    const other = await openPostgres({ url })
    expect(await other.locks?.take('a')).toBe(true)
    await Promise.all([database.close(), other.close()])
  })
})

describe.skipIf(isMissing(findPooler()))('a pooler before Postgres', () => {
  it('in session mode changes nothing', async () => {
    await using server = await startPostgres()
    await server.createDatabase('belfry')
    await using pooler = await startPooler(server.port, 'session')
    const store = await createStore(
      await openPostgres({ url: pooler.url('belfry'), poolSize: 2, backgroundPoolSize: 2 }),
      options,
    )
    expect((await happen(store, { id: 'e1', effects: [notify('u1')] })).changes.length).toBe(1)
    await store.close()
  })

  it('in transaction mode is named, and needs the address of the database itself', async () => {
    await using server = await startPostgres()
    const direct = await server.createDatabase('belfry')
    await using pooler = await startPooler(server.port, 'transaction')
    await expect(openPostgres({ url: pooler.url('belfry') })).rejects.toThrow(
      `POOLER_IN_TRANSACTION_MODE: a pooler in transaction mode stands before ${new URL(pooler.url()).host}/belfry`,
    )
    await expect(openPostgres({ url: direct, sessionUrl: pooler.url('belfry') })).rejects.toThrow(
      'POOLER_IN_TRANSACTION_MODE',
    )
    const store = await createStore(await openPostgres({ url: pooler.url('belfry'), sessionUrl: direct }), options)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        happen(store, { id: `e${index}`, effects: [notify('u1')] }).catch(() => {}),
      ),
    )
    await store.inboxes.readThrough('u1', 9)
    expect(await store.inboxes.page('u1', { limit: 9, filter: 'unread' })).toMatchObject({ unread: 0, items: [] })
    await store.close()
  })

  it('in transaction mode lets several share its sessions, with no setting of one left in another', async () => {
    await using server = await startPostgres()
    const sessionUrl = await server.createDatabase('belfry')
    await using pooler = await startPooler(server.port, 'transaction')
    const open = async () => createStore(await openPostgres({ url: pooler.url('belfry'), sessionUrl }), options)
    const stores = await Promise.all([open(), open(), open()])
    // All at once: whoever comes next gets the session of somebody else.
    const begin = async (topic: string) =>
      Promise.all(stores.map((store) => store.positions.beginAt([{ topic, partition: 0, next: 7 }])))
    for (let round = 0; round < 20; round++)
      expect((await begin(`t${round}`)).flat().map(({ next }) => next)).toEqual([7, 7, 7])
    await Promise.all(stores.map((store) => store.close()))
  })

  it('in transaction mode keeps no lock: one ends with the process that has taken it', async () => {
    await using server = await startPostgres()
    const sessionUrl = await server.createDatabase('belfry')
    await using pooler = await startPooler(server.port, 'transaction')
    const [one, other] = [
      await openPostgres({ url: pooler.url('belfry'), sessionUrl }),
      await openPostgres({ url: pooler.url('belfry'), sessionUrl }),
    ]
    expect([await one.locks?.take('a'), await other.locks?.take('a')]).toEqual([true, false])
    await one.close()
    await expect.poll(() => other.locks?.take('a')).toBe(true)
    await other.close()
  })
})
