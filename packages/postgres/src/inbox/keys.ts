import { sql, type Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** A name for a plugin's key. */
export const keyName = (plugin: string, key: string): string => JSON.stringify([plugin, key])

/** Locks these keys (`keyName`) for the rest of the transaction, in one order. */
export async function lockKeyNames(trx: Transaction<Tables>, names: readonly string[]): Promise<void> {
  const sorted = names.toSorted()
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${sorted}::text[]) as name`.execute(trx)
}

/** The same for one key, without waiting for it; returns whether it was free. */
export async function tryLockKeyName(trx: Transaction<Tables>, name: string): Promise<boolean> {
  const { rows } = await sql<{
    free: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as free`.execute(trx)
  return rows[0]?.free === true
}
