import { type Kysely, sql } from 'kysely'

/** How far a partition had been applied when an operator moved its position back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table position add column reached bigint').execute(db)
}
