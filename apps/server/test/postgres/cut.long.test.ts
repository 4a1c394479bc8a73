import { createProxy, findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { drawsOfTest } from '@belfry/test-services/random'
import { describe, expect, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { expectAway, expectDown, expectReady } from './routes.ts'
import { eventOf, soon, startTraffic } from './traffic.ts'

/**
 * The two parameters of a move of one position, each an array of one bigint (type 20) in binary form, here in hexadecimal: the statement
 * itself is known to the server by its name.
 */
const MOVES = /00000014000000010000000100000008.{40}0000001400000001/

/** Belfry on a Postgres behind a proxy that can break its connections. */
async function behindProxy() {
  const server = await startPostgres()
  const url = await server.createDatabase('belfry')
  const proxy = await createProxy(server.port)
  const belfry = await startBelfry({ postgres: url.replace(String(server.port), String(proxy.port)) })
  return {
    server,
    proxy,
    belfry,
    async [Symbol.asyncDispose]() {
      proxy.onSend = undefined
      await belfry.belfry.close()
      await proxy.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe.skipIf(isMissing(findPrograms()))('connections to Postgres that break', () => {
  it('at any statement, again and again, lose nothing and repeat nothing', async () => {
    await using all = await behindProxy()
    const { proxy, belfry } = all
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const draws = drawsOfTest()
    let cuts = 0
    proxy.onSend = () => {
      const drawn = draws.next()
      if (drawn > 0.04) return 'pass'
      cuts++
      return drawn < 0.02 ? 'cut' : 'pass-then-cut'
    }
    await expect.poll(() => cuts, { timeout: 30_000 }).toBeGreaterThan(60)
    proxy.onSend = undefined
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })

  it('right after the commit of a batch leave it told, and its people hear of it', async () => {
    await using all = await behindProxy()
    const { proxy, belfry } = all
    await using traffic = await startTraffic([belfry])
    await traffic.flows(5)
    await traffic.settle()
    const { frames } = traffic.socket
    const before = frames.findLast(({ type }) => type !== 'ping')?.head ?? 0
    let moved = false
    let cuts = 0
    proxy.onSend = (bytes) => {
      // Only the intake moves positions. Nobody is told anything else, so no later change brings what this one has not.
      moved ||= MOVES.test(bytes.toString('hex'))
      if (!moved || cuts > 0 || !isCommit(bytes)) return 'pass'
      cuts++
      return 'pass-then-cut'
    }
    expect(await belfry.send(eventOf('u1', 1_000))).toBe(202)
    for (const { frames } of [traffic.socket, traffic.stream])
      await expect
        .poll(() => frames.findLast(({ type }) => type !== 'ping'))
        .toMatchObject({ after: before, head: before + 1, items: [{ title: 'u1/1000 is booked' }] })
    expect(cuts).toBe(1)
  })

  it('right after the commit of a mark leave it made, and the other connections of its person hear of it', async () => {
    await using all = await behindProxy()
    const { proxy, belfry } = all
    await using traffic = await startTraffic([belfry])
    await traffic.flows(5)
    await traffic.settle()
    const { frames } = traffic.socket
    const before = frames.findLast(({ type }) => type !== 'ping')?.head ?? 0
    // Nobody else writes now: the next commit is the mark's.
    proxy.onSend = (bytes) => (isCommit(bytes) ? 'pass-then-cut' : 'pass')
    const json = { archived: true }
    expect(await soon(belfry.call('u1', '/v1/notifications/1', { method: 'PATCH', json }))).toMatchObject({
      status: 503,
    })
    proxy.onSend = undefined
    expect((await belfry.call('u1', '/v1/notifications?filter=archived')).body.items).toMatchObject([{ seq: 1 }])
    for (const { frames } of [traffic.socket, traffic.stream])
      await expect
        .poll(() => frames.findLast(({ type }) => type !== 'ping'))
        .toMatchObject({ after: before, head: before + 1, items: [{ seq: 1, archived: true }] })
  })

  it('all at once, and with nobody there to connect to, are opened again', async () => {
    await using all = await behindProxy()
    const { proxy, belfry } = all
    await using traffic = await startTraffic([belfry])
    for (let round = 0; round < 3; round++) {
      await traffic.flows()
      proxy.onSend = () => 'cut'
      proxy.cutAll()
      await expectDown(belfry)
      await expectAway(belfry)
      proxy.onSend = undefined
      await expectReady(belfry)
    }
    await traffic.flows()
    await traffic.settle()
  })
})

const isCommit = (bytes: Buffer): boolean => bytes.toString('latin1').includes('commit\0')
