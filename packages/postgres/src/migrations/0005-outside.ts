import { type Kysely, sql } from 'kysely'

/** Whom dead letters name, what they keep of a record, and how they are found. */
const statements = [
  // Hashes of whatever in its record may be a person; null until that is known.
  `alter table dead_letter add column named bigint[]`,
  // Bytes of its record, where not all of them are kept.
  `alter table dead_letter add column size bigint`,
  // Is to lose what is beyond the limit, once it is known whom that names.
  `alter table dead_letter add column to_cut boolean not null default false`,
  `create index dead_letter_named on dead_letter using gin (named)`,
  `create index dead_letter_unnamed on dead_letter (id) where named is null`,
  `create index dead_letter_plugin on dead_letter (plugin, id)`,
  `create index dead_letter_code on dead_letter (code, id)`,
  `create index dead_letter_plugin_code on dead_letter (plugin, code, id)`,
  `create index dead_letter_at on dead_letter using brin (at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
