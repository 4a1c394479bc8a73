import { type Kysely, sql } from 'kysely'

/** Fan-outs, retention, erasure, and what operators do with dead letters and topics. */
const statements = [
  // What is withdrawn is deleted a day later.
  `alter table notification add column withdrawn_at timestamptz`,
  `update notification set withdrawn_at = now() where withdrawn`,
  // Finds, person after person, what a key still holds; the index before it could not be walked.
  `create index notification_held on notification (plugin, key, person, seq) where key is not null and not withdrawn`,
  `drop index notification_key`,
  // Old identities lie together: a summary of each block is enough to find them, and costs an insert next to nothing.
  `create index event_at on event using brin (at)`,
  // Everyone, in the order in which they came.
  `create sequence profile_made`,
  `alter table profile add column made bigint not null default nextval('profile_made')`,
  `create index profile_made_order on profile (made)`,
  // Who is erased is known by a hash with the store's own salt.
  `alter table store add column salt text not null default gen_random_uuid()::text`,
  `create table erased (hash bytea primary key, at timestamptz not null, head int not null)`,
  `create table fanout (
    id bigint generated always as identity primary key, kind text not null, plugin text collate "C" not null, key text collate "C",
    effect jsonb, origin jsonb not null, except_people text[] not null default '{}', after bigint, up_to bigint)`,
  `create table fanout_people (
    fanout bigint not null references fanout on delete cascade, part int not null, audience text not null, people text[] not null,
    primary key (fanout, part))`,
  `alter table dead_letter add column followed_by int not null default 0`,
  // A key may be longer than what an ordered index takes.
  `create index dead_letter_key on dead_letter using hash (key)`,
  `create table paused_topic (topic text collate "C" primary key)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
