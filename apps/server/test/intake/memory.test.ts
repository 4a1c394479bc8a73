import { getHeapStatistics } from 'node:v8'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryGauge, heapLimitMb, watchMemory } from '../../src/intake/threads/memory.ts'

const MB = 1_048_576

describe('the heap of a thread that is busy', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A thread that ticks where it is told to, and holds so many megabytes. */
  function watched() {
    const thread = { ticks: 1, mb: 0, buffersMb: 0, measured: 0, full: 0 }
    const measure = async () => {
      thread.measured++
      return { used_heap_size: thread.mb * MB, external_memory: thread.buffersMb * MB }
    }
    const stop = watchMemory({ ticks: () => thread.ticks, measure, limitMb: 100, onFull: () => void thread.full++ })
    return { thread, stop, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
  }

  it('is measured only while it does not respond', async () => {
    const { thread, stop, pass } = watched()
    for (let turn = 0; turn < 50; turn++) {
      thread.ticks++
      await pass(200)
    }
    expect(thread.measured).toBe(0)
    await pass(500)
    expect(thread.measured).toBeGreaterThan(0)
    stop()
  })

  it('is full well before V8 would end it, and well above what may be garbage', async () => {
    const { thread, stop, pass } = watched()
    thread.mb = 100 + 512
    await pass(5_000)
    expect(thread.full).toBe(0)
    thread.mb++
    await pass(100)
    expect(thread.full).toBeGreaterThan(0)
    expect(heapLimitMb(100)).toBeGreaterThanOrEqual(thread.mb + 1_000)
    stop()
    const { measured } = thread
    await pass(5_000)
    expect(thread.measured).toBe(measured)
  })

  it('counts buffers outside of the heap', async () => {
    const { thread, stop, pass } = watched()
    thread.buffersMb = 100 + 512 + 1
    await pass(500)
    expect(thread.full).toBeGreaterThan(0)
    stop()
  })
})

it('the heap of a thread is full of what is in use, and not of garbage', () => {
  const isFull = createMemoryGauge(getHeapStatistics().used_heap_size / MB + 100)
  let kept: object[] | undefined = Array.from({ length: 8_000_000 }, (_, at) => ({ at }))
  expect(isFull()).toBe(true)
  kept = kept.slice(0, 1)
  expect(isFull()).toBe(false)
  expect(kept).toHaveLength(1)
})

it('the memory of a thread is full of buffers too, and not of those that are garbage', () => {
  const isFull = createMemoryGauge(getHeapStatistics().used_heap_size / MB + 200)
  let kept: Buffer[] | undefined = Array.from({ length: 30 }, () => Buffer.alloc(10 * MB))
  expect(isFull()).toBe(true)
  kept = kept.slice(0, 1)
  expect(isFull()).toBe(false)
  expect(kept).toHaveLength(1)
})
