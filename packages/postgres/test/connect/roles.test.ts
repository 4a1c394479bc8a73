import { readFileSync } from 'node:fs'
import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { findPrograms, isMissing, type PostgresServer, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEventLog, createMembers, createPeers, createStore, openPostgres } from '../../src/index.ts'

const page = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8')
/** The statements that the page tells an owner to run. */
const [, grants = ''] = /```sql\n([^`]+)```/.exec(page.slice(page.indexOf('## The database'))) ?? []

describe.skipIf(isMissing(findPrograms()))('in the database', () => {
  let server: PostgresServer
  const endings: (() => unknown)[] = []
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const connect = async (url: string) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    endings.push(() => client.end())
    return client
  }
  const as = (role: string, url: string) => url.replace(/\/\/([^@/]*@)?/, `//${role}@`)
  const open = async (url: string) => {
    const database = await openPostgres({ url })
    endings.push(database.close)
    return database
  }

  it('a role with the grants of docs/security.md and no others runs Belfry, and a role without grants does not get in', async () => {
    const url = await server.createDatabase('belfry')
    const admin = await connect(url)
    await admin.query(`create role belfry_owner login; create role belfry_service login; create role stranger login;
      grant create on schema public to belfry_owner`)
    await (await openPostgres({ url: as('belfry_owner', url) })).close()
    const owner = await connect(as('belfry_owner', url))
    const statements = grants.split(';').filter((one) => one.trim() !== '')
    // Who may connect is for the owner of the database to say.
    for (const one of statements) await (one.includes('DATABASE') ? admin : owner).query(one)
    await expect(new Client({ connectionString: as('stranger', url) }).connect()).rejects.toThrow('permission denied')

    const database = await open(as('belfry_service', url))
    expect(database.warnings).toEqual([])
    await expect((await connect(as('belfry_service', url))).query('create table t ()')).rejects.toThrow(
      'permission denied',
    )
    const store = await createStore(database, { render: renderPlainly, clock: () => start, fanOutOver: 2 })
    const join = { kind: 'join', people: ['u1', 'u2', 'u3'], audience: 'a', because: 'x' } as const
    const letter = {
      code: 'X',
      message: 'x',
      plugin: 'p',
      key: null,
      value: Buffer.from('{"a":"u9"}'),
      headers: {},
      timestamp: start,
    }
    await happen(
      store,
      { id: 'e1', effects: [{ kind: 'profile', person: 'u1', profile: {} }, join, notify(['#a', 'u9'], { key: 'k' })] },
      { id: 'e2', effects: [{ kind: 'withdraw', key: 'k2' }, notify('#everyone')], deadLetters: [letter, letter] },
    )
    while ((await store.upkeep.fanOut(start, 100)).more);
    await store.inboxes.mark('u1', 1, { read: true })
    await store.deadLetters.retry(1, { at: start, force: true, entry: { offset: 1, effects: [], deadLetters: [] } })
    await store.people.erase('u9', start)
    await store.topics.setPaused('t', true)
    await store.topics.block({ topic: 't', partition: 0, offset: 0, plugin: 'p', why: 'x' })
    await store.upkeep.expire(start, 100)
    await store.upkeep.retain({ at: start + 1, readBefore: start + 1, before: start + 1 })
    await store.upkeep.prune({ identities: start + 1, others: start + 1 })
    await store.history.renew()
    const members = createMembers(database, { group: 'g' })
    await members?.list('m')
    expect([await members?.gone(), await members?.listed()]).toEqual([[], ['m']])
    await members?.close()
    const listening = Promise.withResolvers<void>()
    const peers = createPeers(database, { onUpdate: () => {}, onListening: listening.resolve })
    await listening.promise
    await peers?.close()
    const { publisher, source } = createEventLog(database, { clock: () => start })
    await source.open(['t'], store.positions)
    await publisher.publish([{ topic: 't', key: 'k', value: '{}', headers: {} }])
    await source.close()
    await publisher.close()
  })

  it('the start warns of what every role may do, and how to end it', async () => {
    const url = await server.createDatabase('open')
    const warned = async () => (await open(url)).warnings
    expect(await warned()).toEqual([
      expect.stringContaining('REVOKE CONNECT ON DATABASE open FROM PUBLIC, and grant it to the role of Belfry'),
    ])
    await (await connect(url)).query('revoke connect on database open from public')
    expect(await warned()).toEqual([])
  })

  it('the start warns of instances of 0.1.0 that are still there, and of none of this version', async () => {
    const url = await server.createDatabase('rolling')
    await (await connect(url)).query('revoke connect on database rolling from public')
    const own = await open(url)
    const listening = Promise.withResolvers<void>()
    const peers = createPeers(own, { onUpdate: () => {}, onListening: listening.resolve })
    const members = createMembers(own, { group: 'g' })
    endings.push(() => Promise.all([peers?.close(), members?.close()]))
    await Promise.all([listening.promise, members?.list('of 0.2.0')])
    expect((await open(url)).warnings).toEqual([])

    // What 0.1.0 holds while it runs.
    const old = await connect(url)
    await old.query(`select pg_advisory_lock_shared(hashtextextended('belfry_news', 1)),
      pg_advisory_lock(hashtextextended('belfry member 7', 1))`)
    await old.query(`insert into member (group_id, member_id, lock) values
      ('g', 'service-17', 'belfry member 7'), ('g', 'service-gone', 'belfry member 8')`)
    const { warnings } = await open(url)
    expect(warnings).toEqual([
      expect.stringMatching(
        /^instances of Belfry 0\.1\.0 still use this store \(connected from 127\.0\.0\.1 \(pid \d+\); members of the group: service-17\): stop them/,
      ),
    ])
  })
})
