import { type Kysely, sql } from 'kysely'

/** What a step over very many people needs to find the next ones without looking at all. */
const statements = [
  // How far a withdrawal has come.
  `alter table fanout add column reached text collate "C"`,
  // What expires at the same moment is found in the order in which it is withdrawn; by the moment alone, all of it was sorted for each step.
  `create index notification_due on notification (expires_at, person, seq) where expires_at is not null and not withdrawn`,
  `drop index notification_expiry`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
