import type { Position } from '@belfry/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createView } from '../src/cluster/log-view.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => {})
const bookings = { low: 0, high: 10, end: 10 }
/** Where partitions stand, while the brokers or the store do not answer. */
const viewOf = (silent: 'brokers' | 'store') =>
  createView({
    wantedTopics: { read: async () => ({ existing: new Map(), refused: [] }) },
    logBounds: { read: silent === 'brokers' ? never : async () => new Map([['booking', new Map([[0, bookings]])]]) },
    topics: () => ['booking'],
    positionsOf: silent === 'store' ? never : async () => [],
    own: () => [],
  })
const position: Position = { topic: 'booking', partition: 0, next: 5 }

it('says that Kafka is slow where an operator moves a position and the brokers do not answer, before the store is blamed', async () => {
  const located = expect(viewOf('brokers').locate(position)).rejects.toMatchObject({
    code: 'LOG_UNAVAILABLE',
    message: expect.stringContaining('no answer within 1500 ms'),
  })
  await vi.advanceTimersByTimeAsync(1_500)
  await located
  // Of the store nothing is asked for this.
  expect(await viewOf('store').locate(position)).toEqual(position)
})

it('says which of the two is slow where it is asked how far partitions are', async () => {
  for (const [silent, code] of [
    ['brokers', 'LOG_UNAVAILABLE'],
    ['store', 'STORE_UNAVAILABLE'],
  ] as const) {
    const asked = expect(viewOf(silent).progress()).rejects.toMatchObject({ code })
    await vi.advanceTimersByTimeAsync(1_200)
    await asked
  }
})
