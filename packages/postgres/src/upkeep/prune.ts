import { type Kysely, sql } from 'kysely'
import { deleteAppliedBlocks } from '../events/blocked.ts'
import { deleteUnusedKeys } from '../letters/letter-keys.ts'
import type { Tables } from '../schema/tables.ts'

/** One step deletes at most this many rows of each kind. */
const ROWS_PER_STEP = 5_000

/**
 * Deletes some of the rows that are older than these moments (milliseconds since 1970), except locked ones, and what was blocked below the
 * positions; returns how many.
 */
export async function prune(
  db: Kysely<Tables>,
  { identities, others }: { readonly identities: number; readonly others: number },
): Promise<number> {
  const deleteOld = async (table: string, column: string, before: number) => {
    const { rows } = await sql`delete from ${sql.raw(table)} where ctid = any(array(
      select ctid from ${sql.raw(table)} where ${sql.raw(column)} < ${new Date(before).toISOString()}::timestamptz
      limit ${ROWS_PER_STEP} for update skip locked))
      returning 1`.execute(db)
    return rows.length
  }
  await deleteUnusedKeys(db, ROWS_PER_STEP)
  return (
    (await deleteOld('event', 'at', identities)) +
    (await deleteOld('dead_letter', 'at', others)) +
    // No event is as old as this that may still notify people.
    (await deleteOld('audience_member', 'until', others)) +
    (await deleteAppliedBlocks(db))
  )
}
