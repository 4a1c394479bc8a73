import { setTimeout as pause } from 'node:timers/promises'
import { coreErrors, type DeadLetters, type KeptLetter, type RetryResult } from '@belfry/core'
import { serverErrors } from '../../errors.ts'
import type { Culprit } from './pulse.ts'
import { ThreadEnded, type ThreadHandle } from './thread-handle.ts'

/** What is used of a thread. */
export type RetryingThread = Pick<ThreadHandle, 'request'>

export interface RetryInThreadsOptions {
  readonly deadLetters: DeadLetters
  /** The threads that are ready and respond. */
  readonly threads: () => readonly RetryingThread[]
}

/** Milliseconds for which a thread is waited for: less than a request waits for its response. */
const THREAD_TIMEOUT_MS = 1_500
/** Milliseconds between two checks for a thread. */
const CHECK_INTERVAL_MS = 25

/**
 * Makes the function that tries a dead letter again where handlers run. One that ends its thread has failed again, and stays, with that as
 * its reason. One whose thread ends of something else is tried in another.
 */
export function createRetryInThreads({ deadLetters, threads }: RetryInThreadsOptions) {
  let turn = 0

  const keepReason = async (id: number, letter: KeptLetter, { plugin }: Culprit, why: string): Promise<RetryResult> => {
    const error =
      plugin === undefined
        ? coreErrors.RECORD_BLOCKED({ why })
        : coreErrors.HANDLER_BLOCKED({ handler: `${plugin}.${letter.handler ?? letter.type ?? 'handler'}`, why })
    const { sentence: message, remedy } = error
    // The code of this one shows that a retry must only notify, whatever happened since.
    const code = letter.code === coreErrors.NOTIFICATIONS_REFUSED.code ? letter.code : error.code
    const failed = { ...letter, code, message, ...(remedy !== undefined && { remedy }) }
    const entry = { offset: letter.offset, effects: [], deadLetters: [failed] }
    const retried = await deadLetters.retry(id, { at: Date.now(), entry, force: true })
    return retried.kind === 'applied' ? { ...retried, left: [] } : retried
  }
  /** The next thread in turn, as soon as there is one. */
  const nextThread = async (until: number): Promise<RetryingThread | undefined> => {
    for (;;) {
      const ready = threads()
      const thread = ready[turn++ % ready.length]
      if (thread !== undefined || performance.now() > until) return thread
      await pause(CHECK_INTERVAL_MS)
    }
  }

  /** @throws INTAKE_INTERRUPTED where no thread could try it to the end in time, and what `createRetry` throws */
  return async (id: number, force: boolean): Promise<RetryResult> => {
    const until = performance.now() + THREAD_TIMEOUT_MS
    for (let before = 'none is ready'; ; ) {
      const thread = await nextThread(until)
      if (thread === undefined) throw serverErrors.INTAKE_INTERRUPTED({ why: before })
      try {
        const response = await thread.request({ of: 'retry', id, force })
        if (response.of !== 'retry') throw new Error(`a thread has answered ${response.of}`)
        return response.retried
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error
        const { why, retrying } = error.end
        before = `it ${why}`
        const letter = await deadLetters.find(id)
        // Others may have waited for their turn in the same thread.
        if (retrying && letter && isAt(letter, retrying)) return keepReason(id, letter, retrying, why)
        // It may have been applied before its thread could report that.
        if (letter === undefined || performance.now() > until) throw serverErrors.INTAKE_INTERRUPTED({ why: before })
      }
    }
  }
}

const isAt = (letter: KeptLetter, { topic, partition, offset }: Culprit): boolean =>
  letter.topic === topic && letter.partition === partition && letter.offset === offset
