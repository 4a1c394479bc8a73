import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { createBelfry } from '../../src/create-belfry.ts'
import { watchThreads } from '../intake/on-threads.ts'
import { writeConfig } from './instance.ts'
import { startServices } from './services.ts'
import { openStage, type Stage } from './stage.ts'

const services = await startServices()

/** Belfry in this process, so that its threads can be reached. */
async function startHere(stage: Stage) {
  const file = await writeConfig(stage.usual)
  const config = await loadConfig(['node', 'belfry', '--config', file], { NOTIFICATION_SERVICE__HTTP__PORT: '0' })
  const plugins = new URL('../../src/plugins.ts', import.meta.url)
  const belfry = await createBelfry({ config, plugins, logTo: { write() {} } })
  await belfry.start()
  return { [Symbol.asyncDispose]: () => belfry.close() }
}

describe.skipIf(services === undefined)('what is killed while it drains', () => {
  it('loses nothing and repeats nothing, where it is the whole process, ten times', async () => {
    await using stage = await openStage(services)
    let instance = await stage.start()
    await stage.calm()
    for (let round = 0; round < 10; round++) {
      await stage.during(250, () => stage.kill(instance))
      instance = await stage.start()
    }
    await stage.compare()
  }, 240_000)

  it('loses nothing and repeats nothing, where it is one of three instances', async () => {
    await using stage = await openStage(services)
    const [one, other] = await Promise.all([stage.start(), stage.start(), stage.start()])
    await stage.calm()
    await stage.during(600, () => stage.kill(one))
    await stage.during(600, () => stage.kill(other))
    await stage.compare()
  })

  it('loses nothing and repeats nothing, where it is single threads', async () => {
    await using stage = await openStage(services)
    using threads = watchThreads()
    {
      await using _ = await startHere(stage)
      await stage.calm()
      for (let round = 0; round < 10; round++) {
        await expect.poll(() => threads.running().length, { timeout: 30_000 }).toBe(2)
        await stage.during(150, () => stage.draws.one(threads.running()).terminate())
      }
      await stage.settle()
    }
    await stage.compare()
  })
})
