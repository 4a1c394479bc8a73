import { coreErrors, type GivenBack, type KeptLetter, type Store } from '@belfry/core'
import { serverErrors } from '../errors.ts'
import { type Thread, ThreadEnded } from './create-thread.ts'
import type { Culprit } from './pulse.ts'

export interface RetryInThreadsOptions {
  readonly store: Pick<Store, 'deadLetters'>
  /** Those that are ready. */
  readonly threads: () => readonly Thread[]
}

/**
 * Makes the function that tries a dead letter again where handlers run. One that ends its thread has failed again, and stays, with that as
 * its reason.
 */
export function createRetryInThreads({ store: { deadLetters }, threads }: RetryInThreadsOptions) {
  let turn = 0

  const keepReason = async (id: number, letter: KeptLetter, { plugin }: Culprit, why: string): Promise<GivenBack> => {
    const error =
      plugin === undefined
        ? coreErrors.RECORD_BLOCKED({ why })
        : coreErrors.HANDLER_BLOCKED({ handler: `${plugin}.${letter.handler ?? letter.type ?? 'handler'}`, why })
    const failed = { ...letter, code: error.code, message: error.sentence }
    const entry = { offset: letter.offset, effects: [], deadLetters: [failed] }
    const retried = await deadLetters.retry(id, { at: Date.now(), entry, force: true })
    return retried.kind === 'applied' ? { ...retried, left: [] } : retried
  }

  /** @throws INTAKE_INTERRUPTED where no thread could try it to the end, and what `createRetry` throws */
  return async (id: number, force: boolean): Promise<GivenBack> => {
    const ready = threads()
    const thread = ready[turn++ % ready.length]
    if (thread === undefined) throw serverErrors.INTAKE_INTERRUPTED({ why: 'none is ready' })
    try {
      const answer = await thread.ask({ of: 'retry', id, force })
      if (answer.of !== 'retry') throw new Error(`a thread has answered ${answer.of}`)
      return answer.retried
    } catch (error) {
      if (!(error instanceof ThreadEnded)) throw error
      const { why, retrying } = error.ended
      const letter = retrying && (await deadLetters.find(id))
      // Others may have waited for their turn in the same thread.
      if (retrying && letter && isAt(letter, retrying)) return keepReason(id, letter, retrying, why)
      throw serverErrors.INTAKE_INTERRUPTED({ why: `it ${why}` })
    }
  }
}

const isAt = (letter: KeptLetter, { topic, partition, offset }: Culprit): boolean =>
  letter.topic === topic && letter.partition === partition && letter.offset === offset
