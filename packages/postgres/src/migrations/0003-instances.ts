import { type Kysely, sql } from 'kysely'

/** Positions in logs that others may replace, instances that share a store, and events that plugins are not given again. */
const statements = [
  // Names the log that a position is one in, where there may come another under the same name.
  `alter table position add column log text`,
  `create table blocked (
    topic text collate "C" not null, partition int not null, "offset" bigint not null, plugin text collate "C" not null, why text not null,
    primary key (topic, partition, "offset", plugin))`,
  // Who reads for which group; each holds the lock that is named for as long as it lives.
  `create table member (
    group_id text collate "C" not null, member_id text collate "C" not null, lock text not null, since timestamptz not null,
    primary key (group_id, member_id))`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
