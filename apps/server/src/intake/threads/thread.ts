import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadData } from './protocol.ts'
import { runThread } from './run-thread.ts'

// Where a thread of the intake begins (create-thread.ts).
const given: ThreadData = workerData
if (parentPort) runThread(parentPort, given)
