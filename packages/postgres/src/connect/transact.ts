import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/**
 * Runs a transaction in which each statement sees what others have committed before it, whatever the database's default is: locks are
 * taken first, and what they guard is read after.
 */
export const transact = <T>(db: Kysely<Tables>, run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('read committed').execute(run)
