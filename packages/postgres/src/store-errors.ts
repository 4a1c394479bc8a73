import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'

/** SQLSTATE classes that say that the store is away or busy: connection, resources, operator, rolled back for another's sake. */
const passing = new Set(['08', '53', '57', '40'])

/** Runs one call of the store, and makes what it throws a coded error: STORE_UNAVAILABLE where the same call may succeed later. */
export async function asStoreErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof BelfryError) throw error
    const why = error instanceof Error ? error.message : String(error)
    const state = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
    if (state === undefined && !/closed|driver has already been destroyed/i.test(why)) throw error
    if (state === undefined || passing.has(state.slice(0, 2)))
      throw coreErrors.STORE_UNAVAILABLE({ why }, { cause: error })
    throw coreErrors.STORE_REFUSED({ why }, { cause: error })
  }
}
