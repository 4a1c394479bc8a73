import { setTimeout as pause } from 'node:timers/promises'
import { isTransient } from '@belfry/contracts/errors'
import { coreErrors, type Log, type Store } from '@belfry/core'
import { serverLimits } from '../../limits.ts'
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
/** A thread may die once at a record by chance; the second time it is the record. */
const DEATHS = 2
/** A store that is away is asked again after so many milliseconds. */
const AGAIN = 500

/** Finds out what threads end of, and keeps in the store what is not decoded again, or not given to a plugin again. */
export interface Blame {
  /** The thread is silent in this record or handler; resolves once that is kept: whether it is found to be the cause. */
  silent(culprit: Culprit): Promise<boolean>
  /** The thread has ended by itself; resolves, once that is kept, whether a record or a handler is found to be the cause. */
  died(ended: Pick<Ended, 'why' | 'culprit'>): Promise<boolean>
}

export function createBlame({ store, log, closing, onAway }: BlameOptions): Blame {
  /** How often a thread has died in a record or a handler, by record and plugin. */
  const deaths = new Map<string, number>()

  const keep = async ({ step: _, ...culprit }: Culprit, why: string): Promise<boolean> => {
    const [code, sentence] =
      culprit.plugin === undefined
        ? [coreErrors.RECORD_BLOCKED.code, `a record ${why}: it is not decoded again`]
        : [coreErrors.HANDLER_BLOCKED.code, `${culprit.plugin} ${why}: it is not given this event again`]
    while (!closing.aborted) {
      try {
        await store.block({ ...culprit, why })
        log.error({ code, ...culprit, why }, sentence)
        return true
      } catch (error) {
        if (!isTransient(error)) {
          log.error({ err: error, ...culprit }, 'what blocked a thread cannot be kept: the event is tried again')
          return false
        }
        onAway(error.sentence)
        await pause(AGAIN, undefined, { signal: closing }).catch(() => {})
      }
    }
    return false
  }
  const died = async ({ why, culprit }: Pick<Ended, 'why' | 'culprit'>): Promise<boolean> => {
    if (culprit === undefined) return false
    const { topic, partition, offset, plugin = '' } = culprit
    const name = `${partition} ${offset} ${plugin} ${topic}`
    const times = (deaths.get(name) ?? 0) + 1
    deaths.delete(name)
    if (times < DEATHS) {
      const [oldest] = deaths.keys()
      if (oldest !== undefined && deaths.size >= serverLimits.DEATHS.most) deaths.delete(oldest)
      deaths.set(name, times)
      return false
    }
    return keep(culprit, `ended its thread twice: the last time, it ${why}`)
  }

  return {
    // While a record waits for its transaction, the thread may be blocked by another of its tasks.
    silent: (culprit) => (culprit.step === 'alone' ? died({ why: BLOCKED, culprit }) : keep(culprit, BLOCKED)),
    died,
  }
}
