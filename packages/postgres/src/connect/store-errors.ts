import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'

/**
 * SQLSTATEs, by class or whole, of a store that is away or busy: connection, resources, operator intervention, rollback for another
 * transaction, system errors, a lock that another transaction holds, a server that only reads (a replica, while it is failing over) or that
 * ends transactions that take long, a password that is being changed, a database that is not there while it is restored, and a session
 * whose prepared statements were deallocated.
 */
const passing = ['08', '53', '57', '40', '58', '55P03', '25006', '25P03', '25P04', '28', '3D000', '26000']

/** Messages of drivers, which have no code, about connections that broke, were not made or were closed. */
const broken =
  /closed|terminated|destroyed|discarded|timeout|not queryable|owes an answer|after calling end|pool is draining/i

/**
 * Runs one call of the store. Its errors become coded ones: STORE_UNAVAILABLE where the same call may succeed later, also
 * when there is no answer within `timeoutMs` milliseconds.
 */
export async function asStoreErrors<T>(call: () => Promise<T>, timeoutMs?: number): Promise<T> {
  try {
    return await (timeoutMs === undefined
      ? call()
      : withDeadline(call(), timeoutMs, (why) => coreErrors.STORE_UNAVAILABLE({ why })))
  } catch (error) {
    if (error instanceof BelfryError) throw error
    const why = error instanceof Error ? error.message : String(error)
    const state = stateOf(error)
    if (isPassing(error))
      throw coreErrors.STORE_UNAVAILABLE({ why: state === undefined ? why : `${why} (${state})` }, { cause: error })
    if (state === undefined) throw error
    throw coreErrors.STORE_REFUSED({ why }, { cause: error })
  }
}

/** Whether the same call may succeed later, by the error that a driver has thrown. */
export function isPassing(error: unknown): boolean {
  const state = stateOf(error)
  if (state === undefined) return broken.test(error instanceof Error ? error.message : String(error))
  // No SQLSTATE begins with an E, as the system's codes do (EPIPE, ECONNREFUSED).
  if (/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(state)) return passing.some((one) => state.startsWith(one))
  // Most of Node's own codes are mistakes in a program; all others are the system's, or of certificates.
  return !state.startsWith('ERR_') || /^ERR_(SOCKET|STREAM|TLS|SSL)/.test(state)
}

/** Throws STORE_REFUSED where a transaction took more locks than the server has memory for: a smaller one may fit. Else throws the error. */
export function refuseTooMuch(error: unknown): never {
  if (stateOf(error) !== OUT_OF_MEMORY) throw error
  throw coreErrors.STORE_REFUSED({ why: error instanceof Error ? error.message : '' }, { cause: error })
}
const OUT_OF_MEMORY = '53200'

const stateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
