import { type Kysely, sql } from 'kysely'

/** What dead letters show beside their reason, and what they are found by. */
const statements = [
  // What to do about it; null in rows of earlier versions.
  `alter table dead_letter add column remedy text`,
  // The identity of a record that could not be decoded, as far as it could be read. Its event was not applied, so it is not `event_id`.
  `alter table dead_letter add column read_source text`,
  `alter table dead_letter add column read_id text`,
  `create index dead_letter_topic on dead_letter (topic, id)`,
  // A list by several of these walks over the letters in this index alone, and reads no record of those that it passes.
  `create index dead_letter_walk on dead_letter (id) include (topic, plugin, code, at)`,
  `create index dead_letter_moment on dead_letter (at)`,
  // By hashes: a source may be longer than what an ordered index takes.
  `create index dead_letter_source on dead_letter (hashtextextended(coalesce(event_source, read_source), 0))`,
  `create index dead_letter_event on dead_letter (hashtextextended(coalesce(event_id, read_id), 0))`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
