import { isTransient } from '@belfry/contracts/errors'
import type { Inboxes, Log } from '@belfry/core'
import type { Sockets } from './sockets.ts'

export interface SweepOptions {
  readonly inboxes: Inboxes
  readonly sockets: Pick<Sockets, 'people' | 'heard'>
  readonly log: Log
  /** Acts after so many milliseconds, unless what it answers is called before. */
  readonly after?: (milliseconds: number, act: () => void) => () => void
}

/** Looks every now and then whether somebody who is connected has missed something. */
export interface Sweep {
  /** News were missed: looks at once. */
  now(): void
  /** Finishes the look under way. */
  close(): Promise<void>
}

/** What nobody has told of is found after so many milliseconds, or so many after a look that failed. */
const EVERY = 30_000
const AGAIN = 1_000
/** The heads of so many people are read at a time. */
const PEOPLE = 1_000

const onTimer = (milliseconds: number, act: () => void) => {
  const timer = setTimeout(act, milliseconds).unref()
  return () => clearTimeout(timer)
}

/** Begins to compare the heads of everybody who is connected with what they were sent. */
export function createSweep({ inboxes, sockets, log, after = onTimer }: SweepOptions): Sweep {
  let closed = false
  /** Somebody has asked while a look was under way, which may have been past whom it is about. */
  let again = false
  let looking: Promise<void> | undefined
  let cancel = () => {}

  const look = async (): Promise<boolean> => {
    const people = [...sockets.people()]
    try {
      for (let from = 0; from < people.length && !closed; from += PEOPLE)
        sockets.heard(await inboxes.heads(people.slice(from, from + PEOPLE)))
      return true
    } catch (error) {
      if (!isTransient(error)) log.error({ err: error }, 'the heads of inboxes cannot be read: trying again')
      return false
    }
  }
  const start = () => {
    cancel()
    again = false
    looking = look().then((done) => {
      looking = undefined
      if (closed) return
      if (again) start()
      else cancel = after(done ? EVERY : AGAIN, start)
    })
  }
  cancel = after(EVERY, start)

  return {
    now() {
      if (closed) return
      if (looking) again = true
      else start()
    },
    async close() {
      closed = true
      cancel()
      await looking
    },
  }
}
