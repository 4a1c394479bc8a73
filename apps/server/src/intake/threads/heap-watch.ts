import { getHeapStatistics, type HeapInfo, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Pulse } from './pulse.ts'

/*
 * Node ends a thread whose heap is full, but not every time: where memory goes quickly V8 ends the whole process, or the thread goes on for
 * ever at the edge of its heap, deaf to `terminate`. So a thread gets more room than it may use, and is ended while it still can be.
 */

const MB = 1_048_576
/** Megabytes above its limit at which a thread that is busy is ended from outside: what is garbage is counted there, since nobody can tell. */
const GARBAGE = 512
/** Megabytes that such a thread may take until it is noticed and has ended. */
const ROOM = 1_024
/** A thread that is busy for longer than so many milliseconds is looked at, as often as this. */
const LOOK = 50
const BUSY = 5
/** After so many collections what is left is no garbage. */
const COLLECTIONS = 2

/** What V8 says of the memory of a thread: its heap, and the buffers outside of it. */
type Memory = Pick<HeapInfo, 'used_heap_size' | 'external_memory'>
const bytesOf = ({ used_heap_size: heap, external_memory: buffers }: Memory): number => heap + buffers

/** How far V8 lets a heap grow that may have so many megabytes. */
export const heapOf = (limitMb: number): number => limitMb + GARBAGE + ROOM

/** Lets every loop of whatever is compiled from now on be ended: where V8 unrolls loops it forgets to look whether they are to end. */
export function letLoopsEnd(): void {
  setFlagsFromString('--no-turboshaft-loop-unrolling')
}

/** Looks from outside at the memory of a thread that gives no sign of life; answers what ends the looking. */
export function watchHeap(
  pulse: Pick<Pulse, 'ticks'>,
  measure: () => Promise<Memory>,
  limitMb: number,
  onFull: () => void,
): () => void {
  let seen = 0
  let still = 0
  let measuring = false
  const look = async () => {
    const now = pulse.ticks()
    still = now === seen ? still + 1 : 0
    seen = now
    if (still < BUSY || measuring) return
    measuring = true
    try {
      if (bytesOf(await measure()) > (limitMb + GARBAGE) * MB) onFull()
    } catch {
      // It has ended.
    }
    measuring = false
  }
  const timer = setInterval(() => void look(), LOOK).unref()
  return () => clearInterval(timer)
}

/** Says of this thread's own memory whether it is full, garbage aside; to be asked all the time. */
export function createHeapGauge(limitMb: number): () => boolean {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const isOver = () => bytesOf(getHeapStatistics()) > limitMb * MB
  return () => {
    // V8 frees the buffers of what it has collected only when it collects again.
    for (let collected = 0; isOver(); collected++) {
      if (collected === COLLECTIONS) return true
      collect()
    }
    return false
  }
}
