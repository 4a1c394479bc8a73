import { isTransient } from '@belfry/contracts/errors'
import type { Log } from '@belfry/core'
import { backOffMs } from '@belfry/core/flow'

export interface ReadingsOptions {
  /** Reads what a person's connections lack, and sends it. */
  readonly read: (person: string) => Promise<void>
  /** The store refuses to read for this person, and would again. */
  readonly onRefused: (person: string) => void
  readonly log: Log
}

/** Who is to be read for: each person once, a few at a time, and again until the store answers. */
export interface Readings {
  /** Somebody's connections lack something. Whoever is being read for now is read for once more. */
  add(person: string): void
  stop(): void
}

/** So many are read for at once: when all come back together, requests still find connections of the store. */
const MOST = 5
/** The first wait for a store that is away, in milliseconds; each is twice as long as the one before, up to the longest. */
const FIRST = 50
const LONGEST = 2_000

export function createReadings({ read, onRefused, log }: ReadingsOptions): Readings {
  const waiting = new Set<string>()
  const reading = new Set<string>()
  /** How often in a row the store was away. One person alone then asks for all. */
  let failures = 0
  let pause: NodeJS.Timeout | undefined
  let stopped = false

  const next = () => {
    for (const person of waiting) {
      if (stopped || pause !== undefined || reading.size >= (failures > 0 ? 1 : MOST)) return
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
      if (isTransient(error)) waitWith(person, error)
      else {
        log.warn({ err: error }, 'an inbox could not be read for its connections: they will reconnect')
        onRefused(person)
      }
    } finally {
      reading.delete(person)
      next()
    }
  }
  const waitWith = (person: string, error: unknown) => {
    // At the end, so that another is tried next.
    waiting.add(person)
    if (failures === 0) log.warn({ err: error }, 'the store is away: connections stay, and get what they lack later')
    pause ??= setTimeout(
      () => {
        pause = undefined
        next()
      },
      backOffMs(failures, { firstMs: FIRST, maxMs: LONGEST }),
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
