import { isTransient } from '@belfry/contracts/errors'
import { coreErrors, type Logger, type Topics } from '@belfry/core'
import { backOff } from '@belfry/core/flow'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Culprit } from './pulse.ts'
import type { ThreadEnd } from './thread-handle.ts'

export interface VerdictOptions {
  readonly topics: Topics
  readonly logger: Logger
  readonly closing: AbortSignal
  /** Called with the reason while the store is away and a verdict waits for it. */
  readonly onAway: (why: string) => void
}

/** What a silent thread did, in words that go on after its name. */
export const BLOCKED = 'blocked its thread for 10 seconds'
/** A thread may end once at a record by chance; the second time the record is the cause. */
const ENDS_UNTIL_CAUSE = 2
/** Milliseconds between two tries to keep a verdict while the store is away. */
const STORE_RETRY_MS = 500

/**
 * Decides whether a record or a handler is the cause of a thread's end, and keeps that in the store: the record is not decoded again, or not
 * given to the plugin again.
 */
export interface Verdict {
  /** On a thread that is silent; resolves, once it is kept, to whether the record or handler that it is in is the cause. */
  onSilent(end: Pick<ThreadEnd, 'culprit'>): Promise<boolean>
  /** On a thread that has ended by itself, in the same way. */
  onEnd(end: Pick<ThreadEnd, 'why' | 'culprit'>): Promise<boolean>
}

export function createVerdict({ topics, logger, closing, onAway }: VerdictOptions): Verdict {
  /** How many threads have ended in a record or a handler, by record and plugin. */
  const ends = new Map<string, number>()

  const block = async ({ step: _, ...culprit }: Culprit, why: string): Promise<boolean> => {
    const [{ code, remedy }, sentence] =
      culprit.plugin === undefined
        ? [coreErrors.RECORD_BLOCKED, `a record ${why}: it is not decoded again`]
        : [coreErrors.HANDLER_BLOCKED, `${culprit.plugin} ${why}: it is not given this event again`]
    while (!closing.aborted) {
      try {
        await topics.block({ ...culprit, why })
        logger.error({ code, ...culprit, why, remedy }, sentence)
        return true
      } catch (error) {
        if (!isTransient(error)) {
          logger.error({ err: error, ...culprit }, 'what blocked a thread cannot be kept: the event is tried again')
          return false
        }
        onAway(error.sentence)
        await backOff(0, { firstMs: STORE_RETRY_MS, signal: closing })
      }
    }
    return false
  }
  const onEnd = async ({ why, culprit }: Pick<ThreadEnd, 'why' | 'culprit'>): Promise<boolean> => {
    if (culprit === undefined) return false
    const { topic, partition, offset, plugin = '' } = culprit
    const name = `${partition} ${offset} ${plugin} ${topic}`
    const times = (ends.get(name) ?? 0) + 1
    ends.delete(name)
    if (times < ENDS_UNTIL_CAUSE) {
      const [oldest] = ends.keys()
      if (oldest !== undefined && ends.size >= serverLimits.SUSPECTS.most) ends.delete(oldest)
      ends.set(name, times)
      return false
    }
    return block(culprit, `ended its thread twice: the last time, it ${why}`)
  }

  return {
    // While a record waits for its transaction, the thread may be blocked by another of its tasks.
    onSilent: async ({ culprit }) =>
      culprit !== undefined && (culprit.step === 'alone' ? onEnd({ why: BLOCKED, culprit }) : block(culprit, BLOCKED)),
    onEnd,
  }
}
