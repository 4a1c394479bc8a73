import { type RawBuilder, sql } from 'kysely'

/**
 * Rows as one parameter: `from ${records(rows, 'person text, seq int')} r`. One JSON text carries a whole batch, so that a
 * statement is the same for one row and for two thousand.
 */
export function records(rows: readonly object[], columns: string): RawBuilder<unknown> {
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(${sql.raw(columns)})`
}

/** A text that Postgres accepts, with replacement characters for what it refuses. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
