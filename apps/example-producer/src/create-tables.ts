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
        value text not null,
        headers jsonb not null
      )`)
  })
}
