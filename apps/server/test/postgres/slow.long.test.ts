import { createProxy, findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { expectReady } from './routes.ts'
import { eventOf, soon, startTraffic } from './traffic.ts'

describe.skipIf(isMissing(findPrograms()))('on a Postgres that is slow', () => {
  it('requests are answered or given up, do not pile up, and take no more connections than there may be', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const proxy = await createProxy(server.port)
    const postgres = url.replace(String(server.port), String(proxy.port))
    const env = {
      NOTIFICATION_SERVICE__POSTGRES__POOL_SIZE: '4',
      NOTIFICATION_SERVICE__LIMITS__MARKS_PER_SECOND: '1000',
    }
    const belfry = await startBelfry({ postgres, env })
    const admin = new Client({ connectionString: server.url() })
    await admin.connect()
    const sessions = async () => {
      const { rows } = await admin.query(
        `select count(*)::int as count from pg_stat_activity where application_name = 'belfry'`,
      )
      return rows[0].count
    }
    const traffic = await startTraffic([belfry])
    await traffic.flows()
    proxy.delay = 400
    const mark = { method: 'PATCH', json: { read: true } }
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 150 }, (_, index) =>
          soon(
            [
              () => belfry.call('u1', '/v1/notifications').then(({ status }) => status),
              () => belfry.call('u1', '/v1/notifications/1', mark).then(({ status }) => status),
              () => belfry.send(eventOf('u2', index)),
            ][index % 3]?.() ?? Promise.resolve(0),
          ),
        ),
      )
      expect([...new Set(answers)].filter((status) => ![200, 202, 429, 503].includes(Number(status)))).toEqual([])
      // Far more ask than can be served: whoever waits in vain is told so.
      expect(answers).toContain(503)
      // Four for requests, two for operators and probes, four for the intake, the one that holds the topics, and the one that hears of others' news.
      expect(await sessions()).toBeLessThanOrEqual(4 + 2 + 4 + 2)
    }
    proxy.delay = 0
    await expectReady(belfry)
    // Nothing of what was given up is in the way of what comes now.
    const answers = await Promise.all(Array.from({ length: 30 }, () => soon(belfry.call('u1', '/v1/notifications'))))
    expect(new Set(answers.map((answer) => (answer === 'not answered' ? answer : answer.status)))).toEqual(
      new Set([200]),
    )
    await traffic.flows()
    await traffic.settle()
    await traffic[Symbol.asyncDispose]()
    await admin.end()
    await belfry.belfry.close()
    await proxy.close()
  })
})
