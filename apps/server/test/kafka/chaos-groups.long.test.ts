import { describe, expect, it } from 'vitest'
import { passBy } from './passer-by.ts'
import { placesOf } from './reference.ts'
import { startServices } from './services.ts'
import { openStage } from './stage.ts'
import { without } from './visible.ts'

const services = await startServices()

describe.skipIf(services === undefined)('a group that is shared out again and again', () => {
  it('loses nothing and repeats nothing', async () => {
    await using stage = await openStage(services)
    await Promise.all([stage.start(), stage.start()])
    await stage.calm()
    for (let round = 0; round < 6; round++) await stage.during(150, () => passBy(stage))
    const third = await stage.start()
    await stage.during(300, () => stage.kill(third))
    await stage.compare()
  })

  it('leaves paused what an operator has paused, also when it is started anew', async () => {
    await using stage = await openStage(services)
    const instance = await stage.start()
    await stage.calm()
    expect(await instance.ops('/topics/booking/pause', 'POST')).toMatchObject({ status: 200 })
    const paused = async () => placesOf((await stage.positions()).filter(({ topic }) => topic === 'booking'))
    const others = async (of: typeof stage.ends) => placesOf((await of()).filter(({ topic }) => topic !== 'booking'))
    const before = await paused()
    const expectPaused = async () => {
      const left = async () => without(await others(stage.ends), await others(stage.positions))
      await expect.poll(left, { timeout: 40_000 }).toEqual([])
      expect(await paused()).toEqual(before)
    }
    for (let round = 0; round < 3; round++) {
      await stage.during(150, () => passBy(stage))
      await expectPaused()
    }
    await stage.kill(instance)
    const next = await stage.start()
    await stage.writer.write(stage.storm.next(150))
    await expectPaused()
    expect(await next.ops('/topics/booking/resume', 'POST')).toMatchObject({ status: 200 })
    await stage.compare()
  })
})
