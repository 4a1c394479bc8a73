import { getHeapStatistics, type HeapInfo, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/*
 * Node ends a thread whose heap is full, but not every time: where memory goes quickly V8 ends the whole process, or the thread goes on for
 * ever at the edge of its heap and `terminate` does not end it. So a thread gets more room than it may use, and is ended while it still can be.
 */

const BYTES_PER_MB = 1_048_576
/**
 * Megabytes above its limit at which a thread that is busy is ended from outside: garbage is counted there, since only the thread itself can
 * collect it.
 */
const GARBAGE_MB = 512
/** Megabytes that such a thread may take until it is noticed and has ended. */
const ROOM_MB = 1_024
/** Milliseconds between two checks of whether a thread responds: it is busy where it has not between two of them. */
const CHECK_INTERVAL_MS = 250
/** Milliseconds between two checks of a thread that is busy. */
const BUSY_CHECK_INTERVAL_MS = 50
/** After this many collections what is left is not garbage. */
const COLLECTIONS = 2

/** What V8 reports of the memory of a thread: its heap, and the buffers outside of it. */
type Memory = Pick<HeapInfo, 'used_heap_size' | 'external_memory'>
const bytesOf = ({ used_heap_size: heap, external_memory: buffers }: Memory): number => heap + buffers

/** Megabytes to which V8 lets the heap of a thread grow that may take `limitMb`. */
export const heapLimitMb = (limitMb: number): number => limitMb + GARBAGE_MB + ROOM_MB

/**
 * Lets `terminate` end every loop of what is compiled from now on: where V8 unrolls loops it forgets to check whether they are to end. It
 * holds for the whole process.
 */
export function makeLoopsTerminable(): void {
  setFlagsFromString('--no-turboshaft-loop-unrolling')
}

export interface WatchMemoryOptions {
  /** Moves as long as the thread is alive and not blocked. */
  readonly ticks: () => number
  /** Measures its memory from outside. */
  readonly measure: () => Promise<Memory>
  readonly limitMb: number
  readonly onFull: () => void
}

/** Watches from outside the memory of a thread while it does not respond; returns what ends the watching. */
export function watchMemory({ ticks, measure, limitMb, onFull }: WatchMemoryOptions): () => void {
  let lastTicks = 0
  let measuring = false
  let timer: NodeJS.Timeout | undefined
  const measureOnce = async () => {
    measuring = true
    try {
      if (bytesOf(await measure()) > (limitMb + GARBAGE_MB) * BYTES_PER_MB) onFull()
    } catch {
      // It has ended.
    }
    measuring = false
  }
  const check = () => {
    const now = ticks()
    const isBusy = now === lastTicks
    lastTicks = now
    checkAfter(isBusy ? BUSY_CHECK_INTERVAL_MS : CHECK_INTERVAL_MS)
    if (isBusy && !measuring) void measureOnce()
  }
  const checkAfter = (ms: number) => {
    timer = setTimeout(check, ms).unref()
  }
  checkAfter(CHECK_INTERVAL_MS)
  return () => clearTimeout(timer)
}

/** Makes the check whether this thread's own memory is full, garbage aside; the thread calls it at every tick. */
export function createMemoryGauge(limitMb: number): () => boolean {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const isOver = () => bytesOf(getHeapStatistics()) > limitMb * BYTES_PER_MB
  return () => {
    // V8 frees the buffers of what it has collected only when it collects again.
    for (let collected = 0; isOver(); collected++) {
      if (collected === COLLECTIONS) return true
      collect()
    }
    return false
  }
}
