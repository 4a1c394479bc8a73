import { isTransient } from '@belfry/contracts/errors'
import type { Logger } from '@belfry/core'
import { backOffMs } from '@belfry/core/flow'

export interface ReadQueueOptions {
  /** Reads what a person's connections lack, and sends it. */
  readonly read: (person: string) => Promise<void>
  /** The store refuses to read for this person, and would again. */
  readonly onRefused: (person: string) => void
  readonly logger: Logger
}

/** People whose inboxes are to be read for their connections: each once, a few at a time, and again until the store answers. */
export interface ReadQueue {
  /** A person's connections lack something. A person whose inbox is being read now is read once again. */
  add(person: string): void
  stop(): void
}

/** People whose inboxes are read at once: when all come back together, requests still find connections of the store. */
const MAX_AT_ONCE = 5
/** How long to wait between reads of a store that is away. */
const STORE_RETRY_WAIT = { firstMs: 50, maxMs: 2_000 }

export function createReadQueue({ read, onRefused, logger }: ReadQueueOptions): ReadQueue {
  const waiting = new Set<string>()
  const reading = new Set<string>()
  /** How often in a row the store was away. Then one person at a time is read for, to find out whether it is back. */
  let failures = 0
  let pause: NodeJS.Timeout | undefined
  let stopped = false

  const next = () => {
    for (const person of waiting) {
      if (stopped || pause !== undefined || reading.size >= (failures > 0 ? 1 : MAX_AT_ONCE)) return
      if (reading.has(person)) continue
      waiting.delete(person)
      reading.add(person)
      void readFor(person)
    }
  }
  const readFor = async (person: string) => {
    try {
      await read(person)
      failures = 0
    } catch (error) {
      if (isTransient(error)) wait(person, error)
      else {
        logger.warn({ err: error }, 'an inbox could not be read for its connections: they will reconnect')
        onRefused(person)
      }
    } finally {
      reading.delete(person)
      next()
    }
  }
  const wait = (person: string, error: unknown) => {
    // At the end, so that another is tried next.
    waiting.add(person)
    if (failures === 0) logger.warn({ err: error }, 'the store is away: connections stay, and get what they lack later')
    pause ??= setTimeout(
      () => {
        pause = undefined
        next()
      },
      backOffMs(failures, STORE_RETRY_WAIT),
    ).unref()
    failures++
  }

  return {
    add(person) {
      waiting.add(person)
      next()
    },
    stop() {
      stopped = true
      clearTimeout(pause)
    },
  }
}
