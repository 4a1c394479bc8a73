import { startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMembers, type Database, openPGlite, openPostgres } from '../src/index.ts'
import { postgres } from './one-database.ts'

describe.skipIf(postgres === undefined)('members of a group', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  let admin: Client
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    server = await startPostgres()
    admin = new Client({ connectionString: server.url() })
    await admin.connect()
    // The server has been up for long enough once others could have taken their locks again.
    while ((await up()) < 5) await new Promise((resolve) => setTimeout(resolve, 50))
  })
  afterAll(async () => {
    for (const one of open.splice(0)) await one.close().catch(() => {})
    await admin?.end().catch(() => {})
    await server?.[Symbol.asyncDispose]()
  })
  const up = async () => {
    const { rows } = await admin.query<{ up: number }>(
      'select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 as up',
    )
    return rows[0]?.up ?? 0
  }
  const database = async (): Promise<Database> => {
    const opened = await openPostgres({ url: server.url() })
    open.push(opened)
    return opened
  }
  /** One thread of one process. */
  const thread = async (group: string, clock?: () => number) => {
    const members = createMembers(await database(), { group, interval: 50, ...(clock && { clock }) })
    if (members === undefined) throw new Error('there are no members here')
    open.unshift(members)
    return members
  }
  /** Ends the session that holds the lock of a member, as the end of its process does. */
  const killLockOf = async (member: string) => {
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(l.pid) from member m, pg_locks l where m.member_id = $1 and l.locktype = 'advisory'
        and l.classid::bigint = (hashtextextended(m.lock, 1) >> 32) & 4294967295
        and l.objid::bigint = hashtextextended(m.lock, 1) & 4294967295`,
      [member],
    )
    return rowCount
  }
  const lists = async (group: string) =>
    (
      await admin.query<{ member_id: string }>('select member_id from member where group_id = $1 order by 1', [group])
    ).rows.map((row) => row.member_id)
  /** A member whose process has ended. */
  const dead = async (group: string, member: string) => {
    await admin.query(`insert into member (group_id, member_id, lock, since) values ($1, $2, $3, now())`, [
      group,
      member,
      `lock of ${member}`,
    ])
  }

  it('are gone when nobody holds their lock, seen by two looks a second apart', async () => {
    let now = 0
    const watcher = await thread('g1', () => now)
    await (await thread('g1')).list('alive')
    expect(await watcher.gone()).toEqual([])
    await dead('g1', 'dead')
    await dead('another group', 'not ours')
    expect(await watcher.gone()).toEqual([])
    now = 900
    expect(await watcher.gone()).toEqual([])
    now = 1_000
    expect(await watcher.gone()).toEqual(['dead'])
    await watcher.forget(['dead'])
    expect(await lists('g1')).toEqual(['alive'])
    now = 3_000
    expect(await watcher.gone()).toEqual([])
  })

  it('are gone at the first look of whoever starts', async () => {
    await dead('g2', 'dead')
    expect(await (await thread('g2')).gone()).toEqual(['dead'])
  })

  it('take their lock again when their session broke, and are not gone', async () => {
    const one = await thread('g3')
    await one.list('m1')
    expect(await killLockOf('m1')).toBe(1)
    await expect.poll(() => killLockOf('m1')).toBe(1)
    expect(await (await thread('g3')).gone()).toEqual([])
  })

  it('are listed under the name that they have now', async () => {
    const one = await thread('g4')
    await one.list('before')
    await one.list('now')
    expect(await lists('g4')).toEqual(['now'])
    await one.close()
    expect(await lists('g4')).toEqual([])
  })

  it('are not gone where whoever looks has only just come back', async () => {
    let now = 0
    const watcher = await thread('g5', () => now)
    await watcher.list('watcher')
    await dead('g5', 'dead')
    expect(await watcher.gone()).toEqual(['dead'])
    await killLockOf('watcher')
    await expect.poll(() => killLockOf('watcher')).toBe(1)
    await expect.poll(() => killLockOf('watcher')).toBe(1)
    now = 10_000
    expect(await watcher.gone()).toEqual([])
  })

  it('are not gone right after the server was started', async () => {
    await dead('g6', 'dead')
    const watcher = await thread('g6')
    await admin.end()
    await server.stop()
    await server.start()
    admin = new Client({ connectionString: server.url() })
    await admin.connect()
    await expect.poll(() => watcher.gone().catch(() => undefined)).toEqual([])
    expect(await up()).toBeLessThan(5)
    await expect.poll(() => watcher.gone()).toEqual(['dead'])
    expect(await up()).toBeGreaterThan(5)
  })
})

it('cannot be where no other process shares the store', async () => {
  const database = await openPGlite()
  expect(createMembers(database, { group: 'g' })).toBeUndefined()
  await database.close()
})
