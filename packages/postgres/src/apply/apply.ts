import type { Applied, Batch, Change, Render } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { transact } from '../connect/transact.ts'
import { type ClearedPeople, clearErased } from '../erasure/clear-person.ts'
import { erasePerson, reviveAll } from '../erasure/erased.ts'
import { effectsOf, type PlacedEntries, type Sourced } from '../events/entries.ts'
import { claimPositions } from '../events/positions.ts'
import { holdersOf } from '../inbox/holders.ts'
import { keyName, lockKeyNames } from '../inbox/keys.ts'
import { keysOf } from '../letters/letter-keys.ts'
import { letterRowsOf } from '../letters/letter-rows.ts'
import { LetterWriter } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { claimEvents } from './claim-events.ts'
import { Memberships } from './memberships.ts'
import { loadPeople } from './people.ts'
import { type Found, type Limits, Plan } from './plan.ts'
import { loadEverybody, takePlaces, writeProfiles } from './profiles.ts'
import { type Reads, readsOf } from './reads.ts'
import { writeFanOuts } from './write-fan-outs.ts'
import { writeInboxes } from './write-inboxes.ts'

/** What every writer of inboxes needs to know. */
export interface Writing {
  readonly render: Render
  readonly limits: Limits
  /** Hashed with the names of people who are erased. */
  readonly salt: string
}

/** What effects have done. */
export type Effected = Pick<Applied, 'changes' | 'dropped' | 'erased' | 'fanOuts'>

/**
 * The one transaction of a batch, with its locks in the order that every writer keeps: positions, identities, erasure, counts of keys
 * that have dead letters, keys, inboxes by person, and the rest. The effects are decided in memory, one after the other, on what was
 * read; then all is written at once.
 */
export async function applyBatch(db: Kysely<Tables>, { at, slices }: Batch, writing: Writing): Promise<Applied> {
  const rows = letterRowsOf(slices, writing.salt)
  const cleared = await clearErased(db, slices, writing.salt)
  return transact(db, async (trx) => {
    const { won, lost } = await claimPositions(trx, slices)
    // What has no effects needs the lock of erasure too: it counts itself among the dead letters of its key, which an erasure takes out.
    const { fresh, lettered } = await claimEvents(trx, won, new Date(at), writing.salt)
    const news = won.map((slice) => ({
      ...slice,
      entries: slice.entries.filter(({ event }) => event === undefined || fresh.has(event)),
    }))
    const letters = await LetterWriter.begin(trx, at, rows, { lettered, events: keysOf(news, writing.salt) })
    const effected = await applyEntries(trx, news, at, writing, letters, cleared)
    const repeats = won.flatMap(({ topic, partition, entries }) =>
      entries.flatMap(({ event, offset }) =>
        event === undefined || fresh.has(event) ? [] : { topic, partition, offset },
      ),
    )
    return { ...effected, lost, repeats }
  })
}

/**
 * Applies entries in their order: their effects, and the dead letters that they have left. What comes before an erasure is written
 * before it, so that it is erased as well. The caller holds the lock of erasure, alone if any of them erases.
 */
export async function applyEntries(
  trx: Transaction<Tables>,
  news: PlacedEntries,
  at: number,
  writing: Writing,
  letters: LetterWriter,
  cleared: ClearedPeople,
  // A dead letter that is tried again is no erasure's to remove: whether it may go is not known yet.
  retried?: number,
): Promise<Effected> {
  const changes = new Map<string, Change>()
  const erased = new Set<string>()
  let [dropped, fanOuts] = [0, 0]
  let part: Planned[] = []
  const write = async () => {
    const written = await applyPart(trx, part, at, writing)
    for (const change of written.changes) changes.set(change.person, joined(changes.get(change.person), change))
    dropped += written.dropped
    fanOuts += written.fanOuts
    part = []
    await letters.write()
  }
  for (const slice of news)
    for (const [index, entry] of slice.entries.entries()) {
      for (const { effect, plugin, origin } of effectsOf(slice, entry)) {
        if (effect.kind !== 'erase') part.push({ effect, plugin, origin })
        else {
          await write()
          const { person } = effect
          await erasePerson(trx, person, Date.parse(origin.event.time), writing.salt, cleared.get(person), retried)
          erased.add(effect.person)
          changes.delete(effect.person)
        }
      }
      letters.add(slice, entry, slice.entries.slice(index + 1))
    }
  await write()
  return { changes: [...changes.values()], dropped, erased: [...erased], fanOuts }
}

type Planned = Sourced<Parameters<Plan['add']>[0]>

/** Two changes of one inbox that follow one another, as one: each notification once, in its latest form. */
function joined(first: Change | undefined, second: Change): Change {
  if (first === undefined) return second
  const later = new Set(second.items.map(({ seq }) => seq))
  return {
    ...second,
    after: first.after,
    items: [...first.items.filter(({ seq }) => !later.has(seq)), ...second.items],
  }
}

async function applyPart(
  trx: Transaction<Tables>,
  effects: readonly Planned[],
  at: number,
  { render, limits, salt }: Writing,
): Promise<Pick<Effected, 'changes' | 'dropped' | 'fanOuts'>> {
  if (effects.length === 0) return { changes: [], dropped: 0, fanOuts: 0 }
  const found = await read(trx, readsOf(effects, limits.fanOutOver), limits, salt)
  const plan = new Plan(found, limits, at)
  for (const { effect, plugin, origin } of effects) plan.add(effect, plugin, origin)
  await reviveAll(trx, plan.revived, salt)
  await writeFanOuts(trx, plan.fanOuts, at)
  const changes = await writeInboxes(trx, plan.inboxes, render, new Date(at))
  await found.memberships.write(trx)
  await writeProfiles(trx, plan.profiles)
  if (plan.withdrawn.size > 0)
    await sql`insert into withdrawal (plugin, key, at) select r.plugin, r.key, ${new Date(at).toISOString()}::timestamptz
      from ${records([...plan.withdrawn.values()], 'plugin text collate "C", key text collate "C"')} order by 1, 2
      on conflict do nothing`.execute(trx)
  return { changes, dropped: plan.dropped, fanOuts: plan.fanOuts.length }
}

async function read(
  trx: Transaction<Tables>,
  { audiences, everybody, people: named, told, keys, places }: Reads,
  { fanOutOver }: Limits,
  salt: string,
): Promise<Found> {
  const people = await loadPeople(trx, named, told, salt)
  const { tombstones, holders } = await lockKeys(trx, keys, fanOutOver + 1)
  const all = everybody ? await loadEverybody(trx, fanOutOver + 1) : []
  return {
    ...{ people, tombstones, holders },
    memberships: await Memberships.load(trx, audiences),
    everybody: all.length > fanOutOver ? undefined : all,
    places: await takePlaces(trx, places),
  }
}

/**
 * Locks the keys until the commit, so that no send slips past a withdrawal; answers which are withdrawn, and of those that are to be,
 * who holds something, at most so many.
 */
async function lockKeys(
  trx: Transaction<Tables>,
  keys: Reads['keys'],
  most: number,
): Promise<Pick<Found, 'tombstones' | 'holders'>> {
  if (keys.size === 0) return { tombstones: new Set(), holders: new Map() }
  await lockKeyNames(trx, [...keys.keys()])
  const all = [...keys.values()]
  const dead = await sql<{ plugin: string; key: string }>`select w.plugin, w.key
    from withdrawal w join ${records(all, 'plugin text, key text')} using (plugin, key)`.execute(trx)
  const holders = new Map<string, readonly string[]>()
  for (const [name, { plugin, key, withdrawn }] of keys) {
    if (!withdrawn) continue
    holders.set(name, await holdersOf(trx, { plugin, key, after: '' }, most))
  }
  return { tombstones: new Set(dead.rows.map(({ plugin, key }) => keyName(plugin, key))), holders }
}
