import type { EventRef, Repeat } from '@belfry/core'
import { sql } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import { erasureLock } from '../erasure/erased.ts'
import { erases, type PlacedEntries } from '../events/entries.ts'
import { contentHash, firstOfEach, identityOf } from '../events/identity.ts'
import { isAnyDue } from '../inbox/expired.ts'
import { keysOf } from '../letters/letter-keys.ts'

/** The events of a batch that are to be applied, and those that are not. */
export interface Claimed {
  /** Events that were not applied before, neither by another batch nor earlier in this one. */
  readonly fresh: ReadonlySet<EventRef>
  /** All others. */
  readonly repeats: readonly Repeat[]
  /** The keys of the events, by their hashes, that have dead letters. */
  readonly keysWithDeadLetters: ReadonlySet<string>
  /** Whether any notification has expired and has yet to be withdrawn, in whatever inbox. */
  readonly isAnyDue: boolean
}

/**
 * Inserts the identities of the events, takes the lock of erasure, and reads whether anything has expired; in one statement, as every batch
 * needs all of it.
 */
export async function claimEvents(
  executor: Executor,
  slices: readonly PlacedEntries[],
  at: Date,
  salt: string,
): Promise<Claimed> {
  // Where positions alone move, or all of them are lost, nothing is written about people.
  if (slices.every(({ entries }) => entries.length === 0))
    return { fresh: new Set(), repeats: [], keysWithDeadLetters: new Set(), isAnyDue: false }
  const first = firstOfEach(slices)
  const identities = [...first].map(([id, { event }]) => ({ id, content: contentHash(event, salt) }))
  // In one order, so that two transactions never deadlock.
  identities.sort((a, b) => (a.id < b.id ? -1 : 1))
  const { rows } = await sql<{
    fresh: string[] | null
    any_letters: boolean
    is_any_due: boolean | null
  }>`with claimed as (
      insert into event (id, at, content)
      select r.id, ${at.toISOString()}::timestamptz, decode(r.content, 'hex') from ${records(identities, 'id uuid, content text')}
      on conflict do nothing returning id)
    select case when count(*) < ${identities.length} then coalesce(array_agg(id::text), '{}') end as fresh, ${erasureLock(erases(slices))},
      exists (select from letter_key) as any_letters,
      ${isAnyDue(at)} as is_any_due
    from claimed`.execute(executor)
  const [answer] = rows
  // Most batches hold no event twice: what would be all of them is not sent back.
  const ids = answer?.fresh ?? first.keys()
  const fresh = new Set([...ids].flatMap((id) => first.get(id)?.event ?? []))
  return {
    fresh,
    repeats: await repeatsOf(executor, slices, fresh, salt),
    keysWithDeadLetters: answer?.any_letters === true ? await keysWithLetters(executor, slices, salt) : new Set(),
    isAnyDue: answer?.is_any_due === true,
  }
}

/** The keys of these events, by their hashes, that have dead letters. */
async function keysWithLetters(
  executor: Executor,
  slices: readonly PlacedEntries[],
  salt: string,
): Promise<ReadonlySet<string>> {
  const keys = [...keysOf(slices, salt).keys()].map((name) => ({ name }))
  const { rows } = await sql<{ name: string }>`select r.name from ${records(keys, 'name text')}
    where exists (select from letter_key where hash = decode(r.name, 'hex'))`.execute(executor)
  return new Set(rows.map(({ name }) => name))
}

/** The places of the events that are not fresh, each with the hashes of both contents where the event that was applied had another. */
async function repeatsOf(
  executor: Executor,
  slices: readonly PlacedEntries[],
  fresh: ReadonlySet<EventRef>,
  salt: string,
): Promise<readonly Repeat[]> {
  const repeats = slices.flatMap(({ topic, partition, entries }) =>
    entries.flatMap(({ event, offset }) =>
      event === undefined || fresh.has(event)
        ? []
        : { place: { topic, partition, offset }, identity: identityOf(event), sent: contentHash(event, salt) },
    ),
  )
  if (repeats.length === 0) return []
  // Read after the insertion: another transaction may have applied them since this one began.
  const { rows } = await sql<{
    id: string
    content: string
  }>`select id::text, encode(content, 'hex') as content from event
    where id = any(${repeats.map(({ identity }) => identity)}::text[]::uuid[]) and content is not null`.execute(
    executor,
  )
  const kept = new Map(rows.map(({ id, content }) => [id, content]))
  return repeats.map(({ place, identity, sent }) => {
    const applied = kept.get(identity)
    return applied === undefined || sent === undefined || applied === sent
      ? place
      : { ...place, other: { applied, sent } }
  })
}
