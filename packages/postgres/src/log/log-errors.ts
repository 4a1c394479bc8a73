import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'

const { LOG_UNAVAILABLE } = coreErrors

/** Runs one call of the log. Its errors become LOG_UNAVAILABLE, and so does no answer within `timeoutMs`. */
export async function asLogErrors<T>(call: () => Promise<T>, timeoutMs?: number): Promise<T> {
  try {
    return await (timeoutMs === undefined ? call() : withDeadline(call(), timeoutMs, (why) => LOG_UNAVAILABLE({ why })))
  } catch (error) {
    if (error instanceof BelfryError && error.code === LOG_UNAVAILABLE.code) throw error
    const why = error instanceof BelfryError ? error.sentence : error instanceof Error ? error.message : String(error)
    throw LOG_UNAVAILABLE({ why }, { cause: error })
  }
}
