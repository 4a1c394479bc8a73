import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { backOff, backOffMs } from '../../src/flow/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('waits twice as long after each failure, up to the longest wait', () => {
  expect([0, 1, 2, 6, 7, 1_000].map((failures) => backOffMs(failures))).toEqual([50, 100, 200, 3_200, 5_000, 5_000])
  const limits = { firstMs: 100, maxMs: 250 }
  expect([0, 1, 2].map((failures) => backOffMs(failures, limits))).toEqual([100, 200, 250])
})

it('waits for that long', async () => {
  let ended = false
  const waiting = backOff(1, { firstMs: 100, maxMs: 1_000 }).then(() => (ended = true))
  await vi.advanceTimersByTimeAsync(199)
  expect(ended).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await waiting
})

it('ends its wait when it is aborted, and does not begin one after that', async () => {
  const stop = new AbortController()
  const waiting = backOff(5, { signal: stop.signal })
  stop.abort()
  await waiting
  await backOff(5, { signal: stop.signal })
  expect(vi.getTimerCount()).toBe(0)
})
