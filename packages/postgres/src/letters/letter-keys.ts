import { hash } from 'node:crypto'
import type { DeadLetter, EventRef } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { transact } from '../connect/transact.ts'
import type { PlacedEntries } from '../events/entries.ts'
import type { Tables } from '../schema/tables.ts'

/** The hash of the key of a topic's record. */
export const keyHash = (topic: string, key: Uint8Array, salt: string): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${salt} key ${topic} `), key]), 'hex')

/** The key by which later events follow a dead letter: that of its event; where there is none, that of its record. */
export const followedKey = (event: EventRef | undefined, { key }: DeadLetter): Uint8Array | null =>
  event === undefined ? key : Buffer.from(event.key)

/** The keys of events by their hashes, and how many events there are of each. */
export function keysOf(slices: readonly PlacedEntries[], salt: string): ReadonlyMap<string, number> {
  const keys = new Map<string, number>()
  for (const { topic, entries } of slices)
    for (const { event } of entries) {
      if (event === undefined) continue
      const name = keyHash(topic, Buffer.from(event.key), salt)
      keys.set(name, (keys.get(name) ?? 0) + 1)
    }
  return keys
}

/** Adds to the counts of these keys, which stay locked until the commit; returns the new counts. */
export async function countKeys(
  trx: Transaction<Tables>,
  counts: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  if (counts.size === 0) return new Map()
  const rows = [...counts].map(([name, events]) => ({ name, events }))
  // In one order, so that two transactions never deadlock.
  const counted = await sql<{ name: string; events: number | string }>`insert into letter_key as k (hash, events)
    select decode(name, 'hex'), events from ${records(rows, 'name text, events int')} order by 1
    on conflict (hash) do update set events = k.events + excluded.events
    returning encode(hash, 'hex') as name, events`.execute(trx)
  return new Map(counted.rows.map(({ name, events }) => [name, Number(events)]))
}

/** Deletes the counts of keys that have no dead letter any more, at most `limit` of them. */
export async function deleteUnusedKeys(db: Kysely<Tables>, limit: number): Promise<void> {
  await transact(db, async (trx) => {
    const { rows } = await sql<{ name: string }>`select encode(hash, 'hex') as name from letter_key
      where not exists (select from dead_letter where key_hash = hash) limit ${limit} for update skip locked`.execute(
      trx,
    )
    // Checked again by a statement that begins now: a letter may have been written before the lock was taken.
    await sql`delete from letter_key k using ${records(rows, 'name text')} where k.hash = decode(r.name, 'hex')
      and not exists (select from dead_letter where key_hash = k.hash)`.execute(trx)
  })
}
