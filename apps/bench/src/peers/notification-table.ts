import { Pool } from 'pg'

/** Opens the database of a peer, and creates its table. */
export async function openNotificationTable(connectionString: string): Promise<Pool> {
  const pool = new Pool({ connectionString, max: 10 })
  await pool.query(`create table if not exists hw_notification (
    id uuid primary key, person text not null, title text not null, body text not null,
    created_at timestamptz not null default now(), read_at timestamptz)`)
  await pool.query('create index if not exists hw_person on hw_notification (person, created_at desc)')
  return pool
}
