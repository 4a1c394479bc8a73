import type { Database } from '../src/index.ts'

/**
 * The same database, where a request has as much time as the intake. Whoever asks Belfry is answered within two seconds, if only with
 * STORE_UNAVAILABLE; a busy machine may need those for anything, and what is done after that is heard of by nobody.
 */
export function patient(database: Database): Database {
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
