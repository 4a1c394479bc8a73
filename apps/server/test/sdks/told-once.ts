import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import type { SdkProgram } from '@belfry/test-services'
import { expect, onTestFinished } from 'vitest'
import type { Order, Orders } from './orders.ts'
import { startForSdks } from './start-for-sdks.ts'

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
  await using belfry = await startForSdks()
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
  const results = await run(program, { ...belfry.target, orders })
  const refused = orders.flatMap((order, index) => {
    const result = Array.isArray(results) ? results[index] : results
    return result === 'sent' ? [] : [{ ...order, result }]
  })
  expect(refused).toEqual([])

  await expect.poll(belfry.repeats).toBe(modes.length * (modes.length - 1))
  await belfry.expectBehind([])
  expect((await belfry.booked()).toSorted()).toEqual(
    modes.map((_, index) => expect.stringContaining(`${NAME} ${index}`)),
  )
  await belfry.expectCalm()
}
