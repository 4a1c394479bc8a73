import { uniqueName } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { nineteenEvents } from '../nineteen-events.ts'
import { startBelfry } from '../start-belfry.ts'
import { topics } from './planned.ts'
import { startServices } from './services.ts'

const services = await startServices()

/** With every key that a service of before had, and the topics by their own names; on a database and in a group of its own, or of another. */
async function startOn(
  begun: readonly string[],
  more: { readonly postgres?: string; readonly group?: string; readonly env?: NodeJS.ProcessEnv } = {},
) {
  if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
  const { postgres = await services.postgres.createDatabase(uniqueName()), group = uniqueName(), env = {} } = more
  const belfry = await startBelfry({
    postgres,
    topics: begun,
    env: {
      NOTIFICATION_SERVICE__TOPICS: topics.join(','),
      NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: services.kafka.bootstrap.join(','),
      NOTIFICATION_SERVICE__KAFKA__CLIENT_ID: 'notification-service',
      NOTIFICATION_SERVICE__KAFKA__GROUP_ID: group,
      NOTIFICATION_SERVICE__KAFKA__AUTO_OFFSET_RESET: 'earliest',
      NOTIFICATION_SERVICE__KAFKA__ENABLE_AUTO_COMMIT: 'true',
      NOTIFICATION_SERVICE__KAFKA__AUTO_COMMIT_INTERVAL_MS: '1000',
      NOTIFICATION_SERVICE__KAFKA__SESSION_TIMEOUT_MS: '30000',
      NOTIFICATION_SERVICE__KAFKA__HEARTBEAT_INTERVAL_MS: '10000',
      NOTIFICATION_SERVICE__KAFKA__CREATE_TOPICS: 'true',
      ...env,
    },
  })
  const ops = async (path: string, method = 'GET', json?: unknown) => {
    const authorization = `Bearer ${await belfry.token('op', 'ops')}`
    const init = { method, headers: { authorization }, ...(json !== undefined && { json }) }
    return (await belfry.call('op', `/v1/ops${path}`, init)).body
  }
  /** The topics of which something is still to be applied. */
  const behind = async (): Promise<readonly string[]> => {
    const items: readonly { topic: string; lag: { events: number } }[] = (await ops('/positions')).items
    return topics.filter((topic) => items.some((item) => item.topic === topic && item.lag.events > 0))
  }
  let rounds = 0
  /** Sends an event of each of the nineteen types, under new ids. */
  const sendAll = async () => {
    rounds++
    const events = nineteenEvents(Date.now()).map(({ event }) => ({ ...event, id: `${event.id} of ${rounds}` }))
    expect(await belfry.send(...events)).toBe(202)
  }
  const expectBehind = (which: readonly string[]) => expect.poll(behind, { timeout: 20_000 }).toEqual(which)
  return { ...belfry, own: { postgres, group }, ops, sendAll, expectBehind }
}

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

  it('is started on its own', async () => {
    const [first = '', ...others] = topics
    await using belfry = await startOn([first])
    await belfry.sendAll()
    await belfry.expectBehind(others)
    for (const [index, topic] of others.entries()) {
      await belfry.belfry.start(topic)
      await belfry.expectBehind(others.slice(index + 1))
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
        ...{ topic, partition, position: 0 },
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

describe.skipIf(services === undefined)('an event that is larger than its topic takes', () => {
  it('is refused as that, and not as if Kafka were away', async () => {
    if (services === undefined) throw new Error('there is no Kafka')
    const name = uniqueName()
    await services.kafka.createTopic(name, { config: { 'max.message.bytes': '2000' } })
    await using belfry = await startOn([], { env: { NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: name } })
    const events = nineteenEvents(Date.now()).map(({ event }) => event)
    const booking = events.find(({ type }) => type === 'booking.created')
    const large = { ...booking, id: 'large', data: Object.assign({ comment: 'x'.repeat(2_000) }, booking?.data) }
    const post = async (json: unknown) => {
      const authorization = `Bearer ${await belfry.token('producer', 'events:write')}`
      return belfry.call('producer', '/v1/events', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(json),
      })
    }
    const { status, body } = await post([...events, large])
    expect(status).toBe(413)
    expect(body).toMatchObject({
      code: 'EVENT_TOO_LARGE',
      detail: expect.stringMatching(/^booking takes no record of/),
    })
    expect((await post(events)).status).toBe(202)
    await belfry.expectBehind([])
  })
})
