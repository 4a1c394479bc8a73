import { setTimeout as pause } from 'node:timers/promises'
import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type Log, type Store } from '@belfry/core'
import type { Ended } from './create-thread.ts'
import type { Culprit } from './pulse.ts'

export interface BlameOptions {
  readonly store: Pick<Store, 'block'>
  readonly log: Log
  readonly closing: AbortSignal
  /** Told that it cannot be kept for now, and why. */
  readonly onAway: (why: string) => void
}

/** What a silent thread did, in words that go on after its name. */
export const BLOCKED = 'blocked its thread for 10 seconds'
/** A thread may die once at an event by chance; the second time it is the event. */
const DEATHS = 2
/** A store that is away is asked again after so many milliseconds. */
const AGAIN = 500

/** Finds out what threads die of, and keeps in mind what a plugin is not given again. */
export interface Blame {
  /** The thread is silent in this handler; resolves once that is kept. */
  silent(culprit: Culprit): Promise<void>
  /** The thread has ended by itself; resolves once it is kept where the handler is to blame. */
  died(ended: Ended): Promise<void>
}

export function createBlame({ store, log, closing, onAway }: BlameOptions): Blame {
  /** How often a thread has died in a handler, by event and plugin. */
  const deaths = new Map<string, number>()

  const keep = async (culprit: Culprit, why: string): Promise<void> => {
    while (!closing.aborted) {
      try {
        await store.block({ ...culprit, why })
        log.error(
          { code: 'HANDLER_BLOCKED', ...culprit, why },
          `${culprit.plugin} ${why}: it is not given this event again`,
        )
        return
      } catch (error) {
        if (!(error instanceof BelfryError) || error.code !== coreErrors.STORE_UNAVAILABLE.code) {
          log.error({ err: error, ...culprit }, 'what blocked a thread cannot be kept: the event is tried again')
          return
        }
        onAway(error.sentence)
        await pause(AGAIN, undefined, { signal: closing }).catch(() => {})
      }
    }
  }

  return {
    silent: (culprit) => keep(culprit, BLOCKED),
    async died({ why, culprit }) {
      if (culprit === undefined) return
      const { topic, partition, offset, plugin } = culprit
      const name = `${partition} ${offset} ${plugin} ${topic}`
      const times = (deaths.get(name) ?? 0) + 1
      deaths.set(name, times)
      if (times < DEATHS) return
      deaths.delete(name)
      await keep(culprit, `ended its thread twice: the last time, it ${why}`)
    },
  }
}
