import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { within } from '../connect/store-errors.ts'

/** Runs one call of the log. Its errors become LOG_UNAVAILABLE, and so does no answer within `timeoutMs`. */
export async function asLogErrors<T>(call: () => Promise<T>, timeoutMs?: number): Promise<T> {
  try {
    return await (timeoutMs === undefined ? call() : within(call(), timeoutMs))
  } catch (error) {
    if (error instanceof BelfryError && error.code === coreErrors.LOG_UNAVAILABLE.code) throw error
    const why = error instanceof BelfryError ? error.sentence : error instanceof Error ? error.message : String(error)
    throw coreErrors.LOG_UNAVAILABLE({ why }, { cause: error })
  }
}
