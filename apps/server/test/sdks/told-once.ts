import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { type SdkProgram, uniqueName } from '@belfry/test-services'
import { expect, onTestFinished } from 'vitest'
import { services, startOn } from '../kafka/start-on.ts'
import type { Order, Orders } from './orders.ts'

export { services } from '../kafka/start-on.ts'

const NAME = 'Büro „Süd“ 50% "A"'

/** Runs a program with these orders; returns the result of each. */
async function run({ command, args, env }: SdkProgram, orders: Orders): Promise<unknown> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.end(JSON.stringify(orders))
  const [results] = await Promise.all([json(child.stdout), once(child, 'exit')])
  return results
}

/**
 * Sends one event for each mode: first in this mode, and then in all the others. Expects that all are accepted, that the person is told of
 * each event once, and that Belfry has nothing to warn of. The texts are part of the ids and subjects, one after the other.
 */
export async function expectToldOnce(program: SdkProgram, modes: readonly string[], texts: readonly string[]) {
  if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
  const [topic, users] = [uniqueName(), uniqueName()]
  await using belfry = await startOn(['booking', 'user'], {
    env: {
      NOTIFICATION_SERVICE__TOPICS: 'booking,user',
      NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: topic,
      NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__USER: users,
    },
  })
  const started = belfry.lines.length
  const person = { userId: 'u1', name: 'Ute', email: 'u1@example.org', roles: [] }
  const profile = {
    specversion: '1.0',
    type: 'user.created',
    source: '/accounts',
    id: 'u1:created',
    data: person,
  } as const
  expect(await belfry.send(profile)).toBe(202)

  const eventOf = (index: number): Omit<Order, 'mode'> => ({
    key: `b${index}`,
    event: {
      type: 'booking.created',
      source: '/booking-service',
      id: `b${index}:created ${texts[index % texts.length]}`,
      subject: `${texts[index % texts.length]} of b${index}`,
      // Serialisers write what is absent as null.
      data: {
        bookingId: `b${index}`,
        userId: 'u1',
        resourceId: 'r1',
        resourceName: `${NAME} ${index}`,
        startsAt: '2030-05-05T10:00:00Z',
        endsAt: '2030-05-05T11:00:00+00:00',
        attendeeIds: null,
      },
    },
  })
  const orders = modes.flatMap((_, index) =>
    modes.map((_, turn) => ({ mode: modes[(index + turn) % modes.length] ?? '', ...eventOf(index) })),
  )
  const results = await run(program, {
    url: `${belfry.url}/v1/events`,
    token: await belfry.token('producer', 'events:write'),
    bootstrap: services.kafka.bootstrap.join(),
    topic,
    orders,
  })
  const refused = orders.flatMap((order, index) => {
    const result = Array.isArray(results) ? results[index] : results
    return result === 'sent' ? [] : [{ ...order, result }]
  })
  expect(refused).toEqual([])

  const repeats = async () =>
    Number(/^belfry_events_repeated_total (\d+)$/m.exec(await (await fetch(`${belfry.url}/metrics`)).text())?.[1])
  await expect.poll(repeats).toBe(modes.length * (modes.length - 1))
  await belfry.expectBehind([])
  const { body } = await belfry.call('u1', '/v1/notifications?limit=200')
  const items: readonly { type: string; title: string }[] = body.items
  const booked = items.filter(({ type }) => type === 'booking.confirmed')
  expect(booked.map(({ title }) => title).toSorted()).toEqual(
    modes.map((_, index) => expect.stringContaining(`${NAME} ${index}`)),
  )
  expect(belfry.lines.slice(started).filter((line) => JSON.parse(line).level >= 40)).toEqual([])
  expect((await belfry.ops('/dead-letters')).items).toEqual([])
}
