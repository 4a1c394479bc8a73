import type { Database } from '../src/index.ts'

/**
 * The same database, where a request has as much time as the intake. Requests fail within two seconds, if need be with STORE_UNAVAILABLE:
 * on a busy machine anything may take longer than that, and a test would not learn what is done afterwards.
 */
export function withoutRequestTimeouts(database: Database): Database {
  const { requestTimeoutMs: _, ...rest } = database
  return {
    ...rest,
    db: database.background,
    operators: database.background,
    get epoch() {
      return database.epoch
    },
  }
}
