import { uniqueName } from '@belfry/test-services'
import { expect } from 'vitest'
import { services, startOn } from '../kafka/start-on.ts'

export { services } from '../kafka/start-on.ts'

/** Starts Belfry on a Kafka and a Postgres, with the profile of u1, for producers in any language. */
export async function startForSdks() {
  if (services === undefined) throw new Error('Kafka or Postgres is missing')
  const topic = uniqueName()
  const belfry = await startOn(['booking', 'user'], {
    env: {
      NOTIFICATION_SERVICE__TOPICS: 'booking,user',
      NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: topic,
      NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__USER: uniqueName(),
    },
  })
  const started = belfry.lines.length
  const data = { userId: 'u1', name: 'Ute', email: 'u1@example.org', roles: [] }
  const [source, id] = ['/accounts', 'u1:created']
  expect(await belfry.send({ specversion: '1.0', type: 'user.created', source, id, data })).toBe(202)
  return {
    ...belfry,
    /** Where a producer sends its events. */
    target: {
      url: `${belfry.url}/v1/events`,
      token: await belfry.token('producer', 'events:write'),
      bootstrap: services.kafka.bootstrap.join(),
      topic,
    },
    /** How many events were dropped as repeats. */
    async repeats(): Promise<number> {
      const metrics = await (await fetch(`${belfry.url}/metrics`)).text()
      return Number(/^belfry_events_repeated_total (\d+)$/m.exec(metrics)?.[1])
    },
    /** The titles of what u1 was told of bookings. */
    async booked(): Promise<readonly string[]> {
      const { body } = await belfry.call('u1', '/v1/notifications?limit=200')
      const items: readonly { type: string; title: string }[] = body.items
      return items.flatMap(({ type, title }) => (type === 'booking.confirmed' ? title : []))
    },
    /** Expects that nothing was refused, and nothing of these events is worth a warning. */
    async expectCalm(): Promise<void> {
      expect((await belfry.ops('/dead-letters')).items).toEqual([])
      expect(belfry.lines.slice(started).filter((line) => JSON.parse(line).level >= 40)).toEqual([])
    },
  }
}
