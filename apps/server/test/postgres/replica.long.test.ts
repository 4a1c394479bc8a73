import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { openSocket, startBelfry } from '../start-belfry.ts'
import { expectAway, expectDown, expectReady } from './routes.ts'
import { eventOf, soon } from './traffic.ts'

describe.skipIf(isMissing(findPrograms()))('a Postgres that is not ready yet', () => {
  it('is away while it is a replica, and its clients load everything anew once it is promoted', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({ postgres: url })
    const { socket, frames } = openSocket(belfry.url, await belfry.token('u1'), '?after=0')
    expect(await belfry.send(eventOf('u1', 1))).toBe(202)
    await expect.poll(() => frames.at(-1)?.head).toBe(1)
    await server.stop()
    await server.standBy()
    await expectDown(belfry)
    await expectAway(belfry)
    expect(await soon(belfry.send(eventOf('u1', 2)))).toBe(503)
    const admin = new Client({ connectionString: server.url() })
    await admin.connect()
    await admin.query('select pg_promote()')
    await admin.end()
    await expectReady(belfry)
    expect(await belfry.send(eventOf('u1', 2))).toBe(202)
    await expect
      .poll(async () => (await belfry.call('u1', '/v1/notifications')).body.items.length, { timeout: 20_000 })
      .toBe(2)
    const ops = { headers: { authorization: `Bearer ${await belfry.token('ops', 'ops')}` } }
    expect((await belfry.call('ops', '/v1/ops/dead-letters', ops)).body.items).toEqual([])
    await expect.poll(() => frames.map(({ type }) => type), { timeout: 40_000 }).toContain('reset')
    expect(frames.at(-1)?.epoch).not.toBe(frames[0]?.epoch)
    expect(socket.readyState).toBe(socket.OPEN)
    socket.close()
  })

  it('is waited for while it starts', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    // It recovers for as long as it asks for what it lacks.
    const started = server.promote('sleep 2; false')
    const says = async () => {
      const client = new Client({ connectionString: url })
      client.on('error', () => {})
      return client
        .connect()
        .then(
          () => 'welcome',
          (error: Error) => error.message,
        )
        .finally(() => client.end().catch(() => {}))
    }
    await expect.poll(says).toMatch(/starting up|not yet accepting/)
    await using belfry = await startBelfry({ postgres: url })
    await started
    await expectReady(belfry)
  })
})
