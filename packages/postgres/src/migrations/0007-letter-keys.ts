import { type Kysely, sql } from 'kysely'

/** How many events of a key that has dead letters were applied, counted once for all of its letters. */
const statements = [
  // Keys are known by a hash with the store's salt, since they may be the ids of people.
  `create table letter_key (hash bytea primary key, events bigint not null default 0)`,
  `alter table dead_letter add column key_hash bytea`,
  // The count when it was written; followed_by is what was counted before there was one.
  `alter table dead_letter add column followed_from bigint not null default 0`,
  `update dead_letter set key_hash = sha256(convert_to((select salt from store) || ' key ' || topic || ' ', 'UTF8') || key)
    where key is not null`,
  `insert into letter_key (hash) select distinct key_hash from dead_letter where key_hash is not null`,
  `create index dead_letter_key_hash on dead_letter (key_hash) where key_hash is not null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
