import { type Kysely, sql } from 'kysely'
import { forgetBlocked } from '../events/blocked.ts'
import { forgetKeys } from '../letters/letter-keys.ts'
import type { Tables } from '../schema/tables.ts'

/** Each kind loses so many rows in one step. */
const STEP = 5_000

/**
 * Forgets, waiting for nobody, some of what is older than these moments (milliseconds since 1970), and what was blocked below the
 * positions; answers how much.
 */
export async function prune(
  db: Kysely<Tables>,
  { identities, others }: { readonly identities: number; readonly others: number },
): Promise<number> {
  const forget = async (table: string, column: string, before: number) => {
    const { rows } = await sql`delete from ${sql.raw(table)} where ctid = any(array(
      select ctid from ${sql.raw(table)} where ${sql.raw(column)} < ${new Date(before).toISOString()}::timestamptz
      limit ${STEP} for update skip locked))
      returning 1`.execute(db)
    return rows.length
  }
  await forgetKeys(db, STEP)
  return (
    (await forget('event', 'at', identities)) +
    (await forget('dead_letter', 'at', others)) +
    // No event that may still tell anybody is so old.
    (await forget('audience_member', 'until', others)) +
    (await forgetBlocked(db))
  )
}
