import { expect, it, vi } from 'vitest'
import { readinessOf } from '../../src/metrics/readiness.ts'

it('reports the store as slow, and the log as slow, where neither answers', async () => {
  vi.useFakeTimers()
  const never = () => new Promise<never>(() => {})
  const asked = readinessOf({
    ready: never,
    source: { progress: never },
    status: () => ({ topics: [] }),
    notesOf: () => [],
  })
  await vi.advanceTimersByTimeAsync(1_800)
  expect(await asked).toEqual({
    store: { status: 'down', why: 'STORE_UNAVAILABLE: the store is away: no answer within 1800 ms' },
    source: { status: 'degraded', why: expect.stringMatching(/^LOG_UNAVAILABLE: .*no answer within 1800 ms/) },
  })
  vi.useRealTimers()
})
