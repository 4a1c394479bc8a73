import { type Kysely, sql } from 'kysely'

/** What those need who read one log together and take over from one another. */
const statements = [
  // Positions that were there before are of the embedded log, which has no name.
  `alter table position add column log text`,
  `create table blocked (
    topic text collate "C" not null, partition int not null, "offset" bigint not null, plugin text collate "C" not null,
    why text not null, primary key (topic, partition, "offset", plugin))`,
  `create table member (
    group_id text collate "C" not null, member_id text collate "C" not null, lock text not null,
    since timestamptz not null default now(), primary key (group_id, member_id))`,
  // An audience that this version cannot tell waits for one that can, for a while.
  `alter table fanout add column made_at timestamptz not null default now()`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
