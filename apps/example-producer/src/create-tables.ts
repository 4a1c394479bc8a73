import type { Pool } from 'pg'
import { inTransaction } from './in-transaction.ts'

/** Creates the tables that are missing. In a real service its migrations do this. */
export async function createTables(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Two instances that start at the same time would both find a table missing.
    await client.query(`select pg_advisory_xact_lock(hashtext('booking tables'))`)
    await client.query(`
      create table if not exists booking (
        booking_id text primary key,
        user_id text not null,
        resource_id text not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        version int not null default 1,
        cancelled boolean not null default false
      );
      create table if not exists outbox (
        position bigint generated always as identity primary key,
        topic text not null,
        key text not null,
        -- Kafka accepts a little more, unless it is configured otherwise.
        value text not null check (octet_length(value) <= 1000000),
        headers jsonb not null check (jsonb_typeof(headers) = 'object'),
        added_at timestamptz not null default now(),
        -- How many times Kafka has refused this event.
        tries int not null default 0,
        -- Not null: the event is not tried again, and the others of its key, or of its topic, wait for it.
        parked text check (parked in ('key', 'topic'))
      );
      create index if not exists outbox_parked on outbox (topic, key) where parked is not null`)
  })
}
