// Loaded into a service that is measured (`--import`, with --expose-gc): collects its garbage and reports what is left when it is sent `memory`.
import { setTimeout as pass } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

const COLLECTIONS = 3
const BETWEEN_MS = 50

if (isMainThread)
  process.on('message', async (message) => {
    if (message !== 'memory') return
    // What is finalized by one collection is freed by the next.
    for (let collection = 0; collection < COLLECTIONS; collection++) {
      globalThis.gc?.()
      await pass(BETWEEN_MS)
    }
    const { heapUsed, external } = process.memoryUsage()
    process.send?.({ heapAndExternalBytes: heapUsed + external })
  })
