import { uniqueName } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { nineteenEvents } from '../nineteen-events.ts'
import { startBelfry } from '../start-belfry.ts'
import { topics } from './planned.ts'
import { startServices } from './services.ts'

const services = await startServices()

/** With every key that a service of before had, and the topics by their own names. */
async function startOn(begun: readonly string[]) {
  if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
  const belfry = await startBelfry({
    postgres: await services.postgres.createDatabase(uniqueName()),
    topics: begun,
    env: {
      NOTIFICATION_SERVICE__TOPICS: topics.join(','),
      NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: services.kafka.bootstrap.join(','),
      NOTIFICATION_SERVICE__KAFKA__CLIENT_ID: 'notification-service',
      NOTIFICATION_SERVICE__KAFKA__GROUP_ID: uniqueName(),
      NOTIFICATION_SERVICE__KAFKA__AUTO_OFFSET_RESET: 'earliest',
      NOTIFICATION_SERVICE__KAFKA__ENABLE_AUTO_COMMIT: 'true',
      NOTIFICATION_SERVICE__KAFKA__AUTO_COMMIT_INTERVAL_MS: '1000',
      NOTIFICATION_SERVICE__KAFKA__SESSION_TIMEOUT_MS: '30000',
      NOTIFICATION_SERVICE__KAFKA__HEARTBEAT_INTERVAL_MS: '10000',
      NOTIFICATION_SERVICE__KAFKA__CREATE_TOPICS: 'true',
    },
  })
  const ops = async (path: string, method = 'GET') => {
    const authorization = `Bearer ${await belfry.token('op', 'ops')}`
    return (await belfry.call('op', `/v1/ops${path}`, { method, headers: { authorization } })).body
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
  return { ...belfry, ops, sendAll, expectBehind: (which: readonly string[]) => expect.poll(behind).toEqual(which) }
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
