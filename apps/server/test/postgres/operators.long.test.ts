import { bookingCreated } from '@belfry/contracts/booking'
import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { serverLimits } from '../../src/limits/server-limits.ts'
import { startBelfry } from '../start-belfry.ts'

const { OPERATOR_READS, OPERATOR_CHANGES } = serverLimits
const MANY = 300
const when = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
const count = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

describe.skipIf(isMissing(findPrograms()))('hundreds of calls of operators at once', () => {
  it('take turns, and leave connections to probes and the intake', async () => {
    await using server = await startPostgres()
    const postgres = await server.createDatabase('belfry')
    const belfry = await startBelfry({ postgres })
    const headers = { authorization: `Bearer ${await belfry.token('op', 'ops')}` }
    const ask = async (method: string, path: string) =>
      (await fetch(`${belfry.url}/v1/ops/${path}`, { method, headers })).status
    const holder = new Client({ connectionString: postgres })
    const admin = new Client({ connectionString: postgres })
    await holder.connect()
    await admin.connect()
    const counted = async (what: string) =>
      (await admin.query(`select count(*)::int as count from ${what}`)).rows[0].count
    // Everything that concerns dead letters waits; events that have none do not.
    await holder.query('begin')
    await holder.query('lock table dead_letter in access exclusive mode')
    const all = (method: string, path: (index: number) => string) =>
      Promise.all(Array.from({ length: MANY }, (_, index) => ask(method, path(index))))
    const erasing = all('DELETE', (index) => `people/p${index}`)
    const looking = all('GET', (index) => `dead-letters/${index + 1}`)
    await expect
      .poll(() => counted(`pg_stat_activity where datname = 'belfry' and wait_event_type = 'Lock'`))
      .toBe(OPERATOR_READS.most + OPERATOR_CHANGES.most)

    expect((await fetch(`${belfry.url}/ready`)).status).toBe(200)
    const data = { bookingId: 'b1', userId: 'u1', resourceId: 'r1', ...when }
    expect(await belfry.send(bookingCreated.create({ source: '/test', id: 'e1', data }))).toBe(202)
    await expect.poll(async () => (await belfry.call('u1', '/v1/notifications')).body.head).toBe(1)

    // Those that find no place hear it at once; those that wait in vain are refused, and nothing of them is done later.
    const erased = await erasing
    expect(count(erased, 429)).toBeGreaterThan(0)
    expect(count(erased, 429) + count(erased, 503)).toBe(MANY)
    expect(count(await looking, 200)).toBe(0)
    await holder.query('rollback')
    expect(await ask('DELETE', 'people/last')).toBe(200)
    await expect.poll(() => counted('erased')).toBe(OPERATOR_CHANGES.most + 1)
    await holder.end()
    await admin.end()
    await belfry.belfry.close()
  })
})
