import type { Log, Store } from '@belfry/core'
import type { Sockets } from './sockets.ts'

export interface SweepOptions {
  readonly store: Pick<Store, 'heads'>
  readonly sockets: Pick<Sockets, 'people' | 'heard'>
  readonly log: Log
  /** Milliseconds between two sweeps; half a minute unless said otherwise. */
  readonly interval?: number
}

/** Looks now and then whether somebody who is connected has missed something that nobody told us. */
export interface Sweep {
  /** Looks at once, or once more after the look under way: something was missed. Resolves when it has looked. */
  now(): Promise<void>
  close(): void
}

/** So many people are asked about at a time. */
const CHUNK = 1_000

/** Begins to look. What another instance has told is rarely lost; what is lost is found by this, and by the client's own numbers. */
export function createSweep({ store, sockets, log, interval = 30_000 }: SweepOptions): Sweep {
  let looking: Promise<void> | undefined
  let again = false
  let closed = false

  const look = async () => {
    const people = [...sockets.people()]
    for (let at = 0; at < people.length && !closed; at += CHUNK)
      sockets.heard(await store.heads(people.slice(at, at + CHUNK)))
  }
  const lookSoon = async (): Promise<void> => {
    do {
      again = false
      // A store that is away is looked at the next time: by then its connections have more to say.
      await look().catch((error: unknown) => log.debug({ err: error }, 'connected people could not be looked after'))
    } while (again && !closed)
  }
  const now = () => {
    again = looking !== undefined
    looking ??= lookSoon().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(() => void now(), interval).unref()
  return {
    now,
    close() {
      closed = true
      clearInterval(timer)
    },
  }
}
