import { describe, expect, it } from 'vitest'
import { moveToStart } from './move.ts'
import { PARTITIONS, type Planned } from './planned.ts'
import { placesOf } from './reference.ts'
import { startServices } from './services.ts'
import { openStage, type Stage } from './stage.ts'
import { without } from './visible.ts'

const services = await startServices()

const only = async (read: Stage['positions'], holds: (topic: string) => boolean) =>
  placesOf((await read()).filter(({ topic }) => holds(topic)))

describe.skipIf(services === undefined)('topics that change while they are read', () => {
  it('lose nothing and repeat nothing when they get more partitions', async () => {
    await using stage = await openStage(services)
    const { draws, names, kafka, storm, writer } = stage
    await Promise.all([stage.start(), stage.start()])
    await stage.calm()
    const more = (one: Planned): Planned =>
      one.topic === 'waitlist' || one.topic === 'booking' ? { ...one, partition: PARTITIONS + draws.below(2) } : one
    await stage.during(300, async () => {
      for (const topic of ['waitlist', 'booking']) await kafka.addPartitions(names[topic] ?? '', PARTITIONS + 2)
    })
    await writer.reconnect()
    await writer.write(storm.loose(300).map(more))
    await writer.write(storm.next(300))
    await stage.compare()
  })

  it('wait for an operator where they were deleted and created again, and go on from where they are moved to', async () => {
    await using stage = await openStage(services)
    const { names, kafka, storm, writer } = stage
    const instance = await stage.start()
    await stage.calm()
    await writer.write(storm.next(200))
    await stage.settle()
    await stage.reference.catchUp(stage.ends)
    const isWaitlist = (topic: string) => topic === 'waitlist'
    const isAnother = (topic: string) => topic !== 'waitlist'
    const before = await only(stage.positions, isWaitlist)
    await kafka.deleteTopic(names.waitlist ?? '')
    await expect.poll(instance.ready, { timeout: 30_000 }).toContain('Kafka has no topic')
    await kafka.createTopic(names.waitlist ?? '', { partitions: PARTITIONS })
    await writer.reconnect()
    // As many as there were, so that an offset alone does not tell one from the other.
    await writer.write(storm.next(600))
    await expect.poll(instance.ready, { timeout: 30_000 }).toContain('deleted and created again')
    const left = async () => without(await only(stage.ends, isAnother), await only(stage.positions, isAnother))
    await expect.poll(left, { timeout: 30_000 }).toEqual([])
    expect(await only(stage.positions, isWaitlist)).toEqual(before)
    await moveToStart(stage, 'waitlist')
    await stage.compare()
  })

  it('say what retention has deleted of them while they were paused, and lose nothing else', async () => {
    await using stage = await openStage(services)
    const { names, kafka, storm, writer, query } = stage
    const instance = await stage.start()
    await stage.calm()
    expect(await instance.ops('/topics/booking/pause', 'POST')).toMatchObject({ status: 200 })
    const isPaused = ({ topic, partition }: { topic: string; partition: number }) =>
      topic === 'booking' && partition === 0
    const at = (await stage.positions()).find(isPaused)?.next ?? 0
    await writer.write(storm.next(600))
    const end = (await stage.ends()).find(isPaused)?.next ?? 0
    await kafka.deleteRecords(names.booking ?? '', 0, Math.floor((at + end) / 2))
    // What was read before it was deleted would be applied.
    await stage.kill(instance)
    const next = await stage.start()
    expect(await next.ops('/topics/booking/resume', 'POST')).toMatchObject({ status: 200 })
    await stage.compare({ incomplete: ['booking'] })
    const gone = `select topic, partition, "offset" from dead_letter where code = 'RECORDS_GONE'`
    expect(await query(gone)).toEqual([{ topic: 'booking', partition: 0, offset: String(at) }])
  })
})
