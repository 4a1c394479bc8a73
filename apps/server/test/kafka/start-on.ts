import { kafkaForTests, postgresForTests, uniqueName } from '@belfry/test-services'
import { afterAll, expect } from 'vitest'
import { nineteenEvents } from '../nineteen-events.ts'
import { startBelfry } from '../start-belfry.ts'
import { topics } from './planned.ts'

const [kafka, postgres] = [await kafkaForTests(), await postgresForTests()]
afterAll(async () => {
  await kafka?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})
/** Undefined where they are not installed, so that the tests are skipped; with CI set that is an error. */
export const services = kafka && postgres && { kafka, postgres }

/** With every key that a service of before had, and the topics by their own names; on a database and in a group of its own, or of another. */
export async function startOn(
  begun: readonly string[],
  more: { readonly postgres?: string; readonly group?: string; readonly env?: NodeJS.ProcessEnv } = {},
) {
  if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
  const { postgres = await services.postgres.createDatabase(), group = uniqueName(), env = {} } = more
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
