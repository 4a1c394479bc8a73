import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'

/** How long a caller waits for an answer, at most. */
const ANSWER_TIMEOUT_MS = 1_800

/**
 * Returns the result of some work, or gives up on it: the work goes on, and a later call finds its result.
 * @param unavailable the error of what is slow, the store unless given
 */
export function inTime<T>(
  work: Promise<T>,
  unavailable: (about: { readonly why: string }) => BelfryError = coreErrors.STORE_UNAVAILABLE,
): Promise<T> {
  return withDeadline(work, ANSWER_TIMEOUT_MS, (why) => unavailable({ why }))
}
