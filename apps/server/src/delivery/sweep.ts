import { isTransient } from '@belfry/contracts/errors'
import type { Inboxes, Logger } from '@belfry/core'
import type { Sockets } from './sockets.ts'

export interface SweepOptions {
  readonly inboxes: Inboxes
  readonly sockets: Pick<Sockets, 'people' | 'learnHeads'>
  readonly logger: Logger
  /** Acts after this number of milliseconds, unless the function that it returns is called before. */
  readonly after?: (milliseconds: number, act: () => void) => () => void
}

/** Compares from time to time the heads of connected people with what they were sent: whatever was missed is found. */
export interface Sweep {
  /** Changes may have been missed: compares at once. */
  now(): void
  /** Finishes the comparison under way. */
  close(): Promise<void>
}

/** Milliseconds between two sweeps: a change without a report is found by then. */
const SWEEP_INTERVAL_MS = 30_000
/** Milliseconds until a sweep that failed is tried again. */
const RETRY_MS = 1_000
/** People whose heads are read at once. */
const PEOPLE_PER_READ = 1_000

const onTimer = (milliseconds: number, act: () => void) => {
  const timer = setTimeout(act, milliseconds).unref()
  return () => clearTimeout(timer)
}

/** Begins to sweep. */
export function createSweep({ inboxes, sockets, logger, after = onTimer }: SweepOptions): Sweep {
  let closed = false
  /** Another sweep was requested while one was in progress, which may have been past the people whom it is about. */
  let again = false
  let sweeping: Promise<void> | undefined
  let cancel = () => {}

  const sweep = async (): Promise<boolean> => {
    const people = [...sockets.people()]
    try {
      for (let from = 0; from < people.length && !closed; from += PEOPLE_PER_READ)
        sockets.learnHeads(await inboxes.heads(people.slice(from, from + PEOPLE_PER_READ)))
      return true
    } catch (error) {
      if (!isTransient(error)) logger.error({ err: error }, 'the heads of inboxes cannot be read: trying again')
      return false
    }
  }
  const start = () => {
    cancel()
    again = false
    sweeping = sweep().then((done) => {
      sweeping = undefined
      if (closed) return
      if (again) start()
      else cancel = after(done ? SWEEP_INTERVAL_MS : RETRY_MS, start)
    })
  }
  cancel = after(SWEEP_INTERVAL_MS, start)

  return {
    now() {
      if (closed) return
      if (sweeping) again = true
      else start()
    },
    async close() {
      closed = true
      cancel()
      await sweeping
    },
  }
}
