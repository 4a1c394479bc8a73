import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { waitAtMost, withDeadline } from '../../src/flow/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  // No timer is left behind.
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const late = (why: string) => new Error(`Kafka: ${why}`)

describe('a deadline', () => {
  it('gives back what comes in time, and what fails in time', async () => {
    await expect(withDeadline(Promise.resolve(1), 100, late)).resolves.toBe(1)
    await expect(withDeadline(Promise.reject(new Error('failed')), 100, late)).rejects.toThrow('failed')
  })

  it('says what was slow and how long was waited, and drops what comes later', async () => {
    const work = Promise.withResolvers<void>()
    const waiting = withDeadline(work.promise, 100, late)
    const refused = expect(waiting).rejects.toThrow('Kafka: no answer within 100 ms')
    await vi.advanceTimersByTimeAsync(100)
    await refused
    work.reject(new Error('failed too late'))
    await vi.advanceTimersByTimeAsync(0)
  })
})

describe('a wait', () => {
  it('ends with the work, whether that succeeds or fails', async () => {
    await expect(waitAtMost(Promise.resolve(1), 100)).resolves.toBe(1)
    await expect(waitAtMost(Promise.reject(new Error('failed')), 100)).resolves.toBeUndefined()
  })

  it('ends after its time', async () => {
    const waiting = waitAtMost(new Promise(() => {}), 100)
    await vi.advanceTimersByTimeAsync(100)
    await expect(waiting).resolves.toBeUndefined()
  })
})
