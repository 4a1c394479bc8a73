import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'

/** A name for a plugin's key. */
export const keyName = (plugin: string, key: string): string => JSON.stringify([plugin, key])

/** Locks these keys (`keyName`) for the rest of the transaction, in one order. */
export async function lockKeyNames(executor: Executor, names: readonly string[]): Promise<void> {
  const rows = names.toSorted().map((name) => ({ name }))
  await sql`select count(pg_advisory_xact_lock(hashtextextended(r.name, 0))) from ${records(rows, 'name text')}`.execute(
    executor,
  )
}

/** The same for one key, without waiting for it; returns whether it was free. */
export async function tryLockKeyName(trx: Transaction<Tables>, name: string): Promise<boolean> {
  const { rows } = await sql<{
    free: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as free`.execute(trx)
  return rows[0]?.free === true
}
