import { createProxy } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { startServices } from './services.ts'
import { openStage } from './stage.ts'

const services = await startServices()

describe.skipIf(services === undefined)('services that go away', () => {
  it('lose nothing and repeat nothing, where it is the broker', async () => {
    await using stage = await openStage(services)
    const instance = await stage.start()
    await stage.calm()
    for (let round = 0; round < 2; round++) {
      await stage.writer.write(stage.storm.next(300))
      await stage.kafka.stop()
      await expect.poll(instance.ready, { timeout: 30_000 }).toContain('"degraded"')
      await stage.kafka.start()
      await stage.writer.reconnect()
    }
    await stage.writer.write(stage.storm.next(300))
    await stage.settle()
    await expect.poll(instance.ready).toMatch(/^{"status":"ok"/)
    await stage.compare()
  })

  it('lose nothing and repeat nothing, where it is Postgres', async () => {
    await using stage = await openStage(services)
    const instance = await stage.start()
    await stage.calm()
    for (let round = 0; round < 4; round++) {
      await stage.during(300, async () => {
        await (round % 2 === 0 ? stage.postgres.stop() : stage.postgres.kill())
        await expect.poll(instance.ready).toContain('"down"')
        await stage.postgres.start()
      })
    }
    await stage.compare()
  })

  it('lose nothing and repeat nothing, where connections end before a COMMIT or right after', async () => {
    await using stage = await openStage(services)
    const { draws, postgres, url } = stage
    const proxy = await createProxy(postgres.port)
    try {
      await stage.start({ postgres: url.replace(String(postgres.port), String(proxy.port)) })
      await stage.calm()
      let cuts = 0
      proxy.onSend = (bytes) => {
        if (!bytes.toString('latin1').includes('commit\0') || !draws.chance(0.3)) return 'pass'
        cuts++
        return draws.chance(0.5) ? 'cut' : 'pass-then-cut'
      }
      // Little at a time, so that it is many transactions.
      for (let round = 0; round < 30; round++) await stage.during(40, async () => {})
      expect(cuts).toBeGreaterThan(10)
      proxy.onSend = undefined
      await stage.compare()
    } finally {
      await proxy.close()
    }
  })
})
