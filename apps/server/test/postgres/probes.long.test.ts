import { createProxy, findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { serverLimits } from '../../src/limits/server-limits.ts'
import { sendRaw } from '../raw-request.ts'
import { startBelfry } from '../start-belfry.ts'

const { PIPELINED } = serverLimits
/** Requests that follow one another over one connection without waiting for answers. */
const together = (path: string, count: number, headers = '') =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`.repeat(count - 1) +
  `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}connection: close\r\n\r\n`
const statuses = (answers: readonly string[]) =>
  new Set(answers.flatMap((answer) => [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))))

describe.skipIf(isMissing(findPrograms()))('on a Postgres that is not fast', () => {
  it('1,600 probes at once cost one check, and neither probes nor people are answered 503', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const proxy = await createProxy(server.port)
    const postgres = url.replace(String(server.port), String(proxy.port))
    const belfry = await startBelfry({ postgres, env: { NOTIFICATION_SERVICE__POSTGRES__POOL_SIZE: '4' } })
    const operator = `authorization: Bearer ${await belfry.token('op', 'ops')}\r\n`
    await belfry.call('u1', '/v1/notifications')
    proxy.delay = 50
    for (const [path, headers] of [
      ['/ready', ''],
      ['/metrics', ''],
      ['/v1/ops/positions', operator],
    ] as const) {
      const probes = Promise.all(
        Array.from({ length: 1_600 / PIPELINED.most }, () =>
          sendRaw(belfry.url, together(path, PIPELINED.most, headers)),
        ),
      )
      const people = await Promise.all(['u1', 'u2', 'u3'].map((person) => belfry.call(person, '/v1/notifications')))
      expect(people.map(({ status }) => status)).toEqual([200, 200, 200])
      expect([path, ...statuses(await probes)]).toEqual([path, 200])
    }
    proxy.delay = 0
    await belfry.belfry.close()
    await proxy.close()
  })

  it('one person who asks for all connections leaves them to others, and slow reads leave operators theirs', async () => {
    await using server = await startPostgres()
    const postgres = await server.createDatabase('belfry')
    const belfry = await startBelfry({ postgres, env: { NOTIFICATION_SERVICE__POSTGRES__POOL_SIZE: '10' } })
    await belfry.call('ann', '/v1/notifications/read', { method: 'POST', json: { through: 0 } })
    const holder = new Client({ connectionString: postgres })
    await holder.connect()
    await holder.query(`insert into inbox (person) values ('ann'), ('bob') on conflict do nothing`)
    // Marks of one inbox wait for a row that another transaction has locked.
    await holder.query('begin')
    await holder.query(`select * from inbox where person = 'ann' for update`)
    let over = false
    const marks = Promise.all(
      Array.from({ length: 100 }, () =>
        belfry.call('ann', '/v1/notifications/read', { method: 'POST', json: { through: 1 } }),
      ),
    ).then((answers) => {
      over = true
      return answers
    })
    const admin = new Client({ connectionString: server.url() })
    await admin.connect()
    const waiting = async () => {
      const { rows } = await admin.query(
        `select count(*)::int as count from pg_stat_activity where datname = 'belfry' and wait_event_type = 'Lock'`,
      )
      return rows[0].count
    }
    await expect.poll(waiting).toBe(4)
    expect(over).toBe(false)
    const mark = { method: 'POST', json: { through: 0 } }
    expect((await belfry.call('bob', '/v1/notifications/read', mark)).status).toBe(200)
    expect((await belfry.call('bob', '/v1/notifications')).status).toBe(200)
    await holder.query('rollback')
    expect(
      [...new Set((await marks).map(({ status }) => status))].filter((status) => ![200, 429, 503].includes(status)),
    ).toEqual([])

    // Reads of many people that wait for a table.
    await holder.query('begin')
    await holder.query('lock table inbox in access exclusive mode')
    const stop = new AbortController()
    const reading = (async () => {
      while (!stop.signal.aborted)
        await Promise.all(Array.from({ length: 30 }, (_, index) => belfry.call(`p${index}`, '/v1/notifications')))
    })()
    await expect.poll(waiting).toBe(10)
    const token = { authorization: `Bearer ${await belfry.token('op', 'ops')}` }
    for (const path of ['/ready', '/v1/ops/positions', '/v1/ops/dead-letters', '/metrics'])
      expect([path, (await fetch(`${belfry.url}${path}`, { headers: token })).status]).toEqual([path, 200])
    stop.abort()
    await holder.query('rollback')
    await reading
    await holder.end()
    await admin.end()
    await belfry.belfry.close()
  })
})
