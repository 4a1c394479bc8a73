import { createProxy, findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { expectReady } from './routes.ts'
import { eventOf, startTraffic } from './traffic.ts'

type Started = Awaited<ReturnType<typeof startBelfry>>

/** How many topics are read, and by how many instances: the locks, and the sessions that hold them. */
async function readers(url: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ holders: number; sessions: number }>(
    `select count(distinct (classid, objid))::int as holders, count(distinct pid)::int as sessions
     from pg_locks where locktype = 'advisory' and granted and mode = 'ExclusiveLock'`,
  )
  await client.end()
  return rows[0]
}

/** What has been told, as this instance measures it: only whoever applies an event counts it. */
async function appliedBy({ url }: Started) {
  const text = await (await fetch(`${url}/metrics`)).text()
  const counts = text.matchAll(/^belfry_events_applied_total\{.*topic="booking".*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

describe.skipIf(isMissing(findPrograms()))('two Belfrys on one Postgres', () => {
  it('read each topic once, and tell once what was sent to either; one takes over when the other is closed', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const closing = await startBelfry({ postgres: url })
    await using staying = await startBelfry({ postgres: url })
    // Six topics, and one session that holds them all: the first to come.
    await expect.poll(() => readers(url)).toEqual({ holders: 6, sessions: 1 })
    await using traffic = await startTraffic([staying])
    await using other = await startTraffic([staying], 'u2')
    await Promise.all([traffic.flows(), other.flows()])
    // Who is connected to the other may hear of it before whoever has applied it has counted it.
    await expect.poll(() => appliedBy(closing)).toBeGreaterThan(0)
    expect(await appliedBy(staying)).toBe(0)
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, number) => (number % 2 === 0 ? closing : staying).send(eventOf('u3', number))),
    )
    expect(new Set(sent)).toEqual(new Set([202]))
    const told = async () => {
      const { body } = await staying.call('u3', '/v1/notifications')
      return body.items.map(({ title }: { title: string }) => title).toSorted()
    }
    await expect.poll(told).toEqual(Array.from({ length: 20 }, (_, number) => `u3/${number} is booked`).toSorted())
    await closing.belfry.close()
    await expect.poll(() => appliedBy(staying), { timeout: 20_000 }).toBeGreaterThan(0)
    await traffic.flows()
    await traffic.settle()
    await other.settle()
  })

  it('hand the topics over when the connections of the one that reads are cut, and lose and repeat nothing', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const proxy = await createProxy(server.port)
    const cut = await startBelfry({ postgres: url.replace(String(server.port), String(proxy.port)) })
    await expect.poll(() => readers(url)).toEqual({ holders: 6, sessions: 1 })
    await using whole = await startBelfry({ postgres: url })
    await using traffic = await startTraffic([whole, cut])
    await traffic.flows()
    proxy.onSend = () => 'cut'
    proxy.cutAll()
    await expect.poll(() => appliedBy(whole), { timeout: 20_000 }).toBeGreaterThan(0)
    await expect.poll(() => readers(url)).toEqual({ holders: 6, sessions: 1 })
    proxy.onSend = undefined
    await expectReady(cut)
    // And back again: whoever is left takes what nobody reads.
    await traffic.flows()
    await traffic.settle()
    await cut.belfry.close()
    await proxy.close()
  })
})
