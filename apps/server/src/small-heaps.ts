import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { isMainThread } from 'node:worker_threads'

/*
 * To import this module keeps the heaps of all threads small. On a machine with much memory V8 lets a heap grow to four times what is in use
 * before it collects it, and takes up to 128 MB in each thread for young objects, which costs memory and is not faster (decision 16).
 */

const BYTES_PER_MB = 1_048_576
/** Young objects of a thread have two spaces of this size in megabytes. */
const YOUNG_SPACE_MB = 8
/** By how many percent of what is in use an old heap grows before it is collected. */
const HEAP_GROWTH_PERCENT = 100
/** By what a young space is multiplied when it grows. */
const [GROW, STAY] = [2, 1]

/** The bytes of both spaces of this thread. */
const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0

if (isMainThread) {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
  // Spaces of this size take a thread a millisecond or two: to share that among helper threads costs more than it saves.
  setFlagsFromString('--no-parallel-scavenge')
  // Of threads that start later. They have all of it from their beginning: how a space grows is one flag for all threads.
  setFlagsFromString(`--min-semi-space-size=${YOUNG_SPACE_MB}`)
  setFlagsFromString(`--max-semi-space-size=${YOUNG_SPACE_MB}`)
  // The greatest size of this thread's spaces was fixed when it began: they are kept from growing once they are large enough.
  let factor = STAY
  const setFactor = () => setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  setFactor()
  new PerformanceObserver(() => {
    // Several collections may come before this is called again.
    const wanted = youngBytes() < YOUNG_SPACE_MB * BYTES_PER_MB ? GROW : STAY
    if (wanted === factor) return
    factor = wanted
    setFactor()
  }).observe({ entryTypes: ['gc'] })
}
