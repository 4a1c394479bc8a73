import { type Kysely, sql } from 'kysely'

/** A salted hash of each event's type and data, by which an id that is used again for other content is detected. Null before this version. */
const statement = 'alter table event add column content bytea'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statement).execute(db)
}
