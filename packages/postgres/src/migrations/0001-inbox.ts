import { type Kysely, sql } from 'kysely'

/** Names compare byte by byte, on every machine alike. */
const statements = [
  `create table position (
    topic text collate "C" not null, partition int not null, next bigint not null, primary key (topic, partition))`,
  `create table event (id uuid primary key, at timestamptz not null)`,
  `create table inbox (
    person text collate "C" primary key, head int not null default 0, unread int not null default 0,
    read_through int not null default 0, read_through_rev int not null default 0, floor int not null default 0)`,
  `create table notification (
    person text collate "C" not null, seq int not null, rev int not null,
    plugin text collate "C" not null, message text collate "C" not null, category text, priority text not null,
    title text not null, body text not null, link text, data jsonb, key text collate "C",
    created_at timestamptz not null, expires_at timestamptz,
    read boolean, archived boolean not null default false, withdrawn boolean not null default false,
    why jsonb not null, audience text, primary key (person, seq))`,
  `create index notification_changed on notification (person, rev) where rev <> seq`,
  `create index notification_key on notification (plugin, key) where key is not null`,
  `create index notification_expiry on notification (expires_at) where expires_at is not null and not withdrawn`,
  `create table profile (person text collate "C" primary key, name text, locale text, time_zone text, roles text[])`,
  `create table audience_member (
    audience text collate "C" not null, person text collate "C" not null, because text collate "C" not null,
    until timestamptz, primary key (audience, person, because))`,
  `create index audience_member_person on audience_member (person)`,
  `create table withdrawal (
    plugin text collate "C" not null, key text collate "C" not null, at timestamptz not null, primary key (plugin, key))`,
  `create table dead_letter (
    id bigint generated always as identity primary key,
    topic text not null, partition int not null, "offset" bigint not null, event_source text, event_id text, type text,
    plugin text, handler text, code text not null, message text not null,
    key bytea, value bytea, headers jsonb not null, recorded_at timestamptz not null, at timestamptz not null)`,
  `create table event_log (
    topic text collate "C" not null, partition int not null, "offset" bigint not null,
    key text not null, value text not null, headers jsonb not null, at timestamptz not null,
    primary key (topic, partition, "offset"))`,
  `create table event_log_end (
    topic text collate "C" not null, partition int not null, next bigint not null, primary key (topic, partition))`,
  `create table store (epoch text not null)`,
  `insert into store (epoch) values (gen_random_uuid()::text)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
