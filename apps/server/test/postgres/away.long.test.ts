import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { describe, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { expectAway, expectDown, expectReady } from './routes.ts'
import { startTraffic } from './traffic.ts'

describe.skipIf(isMissing(findPrograms()))('on a Postgres that is away, Belfry answers, waits and goes on', () => {
  it('when it is stopped hard and started again, twice', async () => {
    await using server = await startPostgres()
    await using belfry = await startBelfry({ postgres: await server.createDatabase('belfry') })
    await using traffic = await startTraffic([belfry])
    for (let round = 0; round < 2; round++) {
      await traffic.flows()
      await server.stop()
      await expectDown(belfry)
      await expectAway(belfry)
      await server.start()
      await expectReady(belfry)
    }
    await traffic.flows()
    await traffic.settle()
  })

  it('when all its processes are killed', async () => {
    await using server = await startPostgres()
    await using belfry = await startBelfry({ postgres: await server.createDatabase('belfry') })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    await server.kill()
    await expectDown(belfry)
    await expectAway(belfry)
    await server.start()
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })

  it('when it freezes, says nothing at all, and goes on', async () => {
    await using server = await startPostgres()
    await using belfry = await startBelfry({ postgres: await server.createDatabase('belfry') })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    server.freeze(true)
    try {
      await expectDown(belfry)
      for (let round = 0; round < 2; round++) await expectAway(belfry)
    } finally {
      server.freeze(false)
    }
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })
})
