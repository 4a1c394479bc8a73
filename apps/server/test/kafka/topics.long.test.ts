import { uniqueName } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { topics } from './planned.ts'
import { services, startOn } from './start-on.ts'

describe.skipIf(services === undefined)('on Kafka each of the six topics', () => {
  it('is paused and resumed on its own, by its routes and by the program', async () => {
    await using belfry = await startOn([])
    await belfry.sendAll()
    await belfry.expectBehind([])
    const ways = {
      routes: {
        pause: (topic: string) => belfry.ops(`/topics/${topic}/pause`, 'POST'),
        resume: (topic: string) => belfry.ops(`/topics/${topic}/resume`, 'POST'),
      },
      program: belfry.belfry,
    }
    for (const { pause, resume } of Object.values(ways))
      for (const topic of topics) {
        await pause(topic)
        await belfry.sendAll()
        await belfry.expectBehind([topic])
        await resume(topic)
        await belfry.expectBehind([])
      }
  })
})

describe.skipIf(services === undefined)('what an operator decides at one of two instances', () => {
  it('holds for the partitions that the other reads, though nothing comes into them', async () => {
    await using one = await startOn([])
    await using _other = await startOn([], one.own)
    await one.sendAll()
    await one.expectBehind([])
    const positions = async () => {
      const client = new Client({ connectionString: one.own.postgres })
      await client.connect()
      try {
        const text = 'select topic, partition, next::int from position where next > 0 order by 1, 2'
        return (await client.query<{ topic: string; partition: number; next: number }>(text)).rows
      } finally {
        await client.end()
      }
    }
    const before = await positions()
    for (const { topic, partition } of before)
      expect(await one.ops(`/topics/${topic}/partitions/${partition}/position`, 'PUT', { position: 0 })).toMatchObject({
        topic,
        partition,
        position: 0,
      })
    // All of it is read again, by whoever reads it.
    await expect.poll(positions, { timeout: 20_000 }).toEqual(before)
  })

  it('is no restored store to whoever starts before all of it is read again', async () => {
    await using one = await startOn([])
    await one.sendAll()
    await one.expectBehind([])
    await one.ops('/topics/booking/pause', 'POST')
    const items: readonly { topic: string; partition: number; position: number }[] = (await one.ops('/positions')).items
    for (const { topic, partition, position } of items)
      if (topic === 'booking' && position > 0)
        await one.ops(`/topics/booking/partitions/${partition}/position`, 'PUT', { position: 0 })
    await one.belfry.close()
    await using other = await startOn([], one.own)
    expect(other.lines.filter((line) => line.includes('restored'))).toEqual([])
    await other.ops('/topics/booking/resume', 'POST')
    await other.expectBehind([])
  })

  it('lets a topic go on that both have paused because it holds no events', async () => {
    if (services === undefined) throw new Error('there is no Kafka')
    const name = uniqueName()
    await services.kafka.createTopic(name, { partitions: 4 })
    const producer = new Kafka({ brokers: [...services.kafka.bootstrap], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const messages = Array.from({ length: 800 }, (_, index) => ({ partition: index % 4, value: '{"plain":true}' }))
    await producer.send({ topic: name, messages })
    await producer.disconnect()
    const env = { NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__CONFLICT: name }
    await using one = await startOn([], { env })
    await using other = await startOn([], { env, ...one.own })
    const states = () =>
      Promise.all(
        [one, other].map(async (instance) => (await instance.call('op', '/ready')).body.parts['topic conflict'].status),
      )
    await expect.poll(states).toEqual(['degraded', 'degraded'])
    await other.ops('/topics/conflict/resume', 'POST')
    await one.expectBehind([])
    expect(await states()).toEqual(['ok', 'ok'])
  })
})
