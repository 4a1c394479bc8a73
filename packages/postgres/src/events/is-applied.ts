import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import { identityOf } from './identity.ts'

/** Whether an event has been applied; with `since`, RFC 3339, whether it was applied after that. */
export async function isApplied(
  db: Kysely<Tables>,
  event: { readonly source: string; readonly id: string },
  since?: string,
): Promise<boolean> {
  const later = since === undefined ? sql`true` : sql`at > ${since}::timestamptz`
  const { rows } = await sql`select from event where id = ${identityOf(event)}::uuid and ${later}`.execute(db)
  return rows.length > 0
}
