import type { EventRef } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { erasureLock } from '../erasure/erased.ts'
import { erases, type PlacedEntries } from '../events/entries.ts'
import { firstOfEach } from '../events/identity.ts'
import { keysOf } from '../letters/letter-keys.ts'
import type { Tables } from '../schema/tables.ts'

/** The events of a batch that are to be applied. */
export interface Claimed {
  /** Events that were not applied before, neither by another batch nor earlier in this one. */
  readonly fresh: ReadonlySet<EventRef>
  /** The keys of the events, by their hashes, that have dead letters. */
  readonly keysWithDeadLetters: ReadonlySet<string>
}

/** Inserts the identities of the events, and then takes the lock of erasure; in one statement, as every batch needs both. */
export async function claimEvents(
  trx: Transaction<Tables>,
  slices: readonly PlacedEntries[],
  at: Date,
  salt: string,
): Promise<Claimed> {
  // Where positions alone move, or all of them are lost, nothing is written about people.
  if (slices.every(({ entries }) => entries.length === 0)) return { fresh: new Set(), keysWithDeadLetters: new Set() }
  const first = firstOfEach(slices)
  const keys = [...keysOf(slices, salt).keys()].map((name) => ({ name }))
  const { rows } = await sql<{ fresh: string[] | null; with_letters: string[] }>`with claimed as (
      insert into event (id, at)
      select id::uuid, ${at.toISOString()}::timestamptz from unnest(${[...first.keys()].sort()}::text[]) as id
      on conflict do nothing returning id)
    select array_agg(id::text) as fresh, ${erasureLock(erases(slices))},
      array(select r.name from ${records(keys, 'name text')}
        where exists (select from letter_key where hash = decode(r.name, 'hex'))) as with_letters
    from claimed`.execute(trx)
  return {
    fresh: new Set(rows[0]?.fresh?.flatMap((id) => first.get(id)?.event ?? [])),
    keysWithDeadLetters: new Set(rows[0]?.with_letters),
  }
}
