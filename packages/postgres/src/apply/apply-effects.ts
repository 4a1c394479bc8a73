import type { Applied, Render } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { answersOf, type Executor } from '../connect/transact.ts'
import { reviveAll } from '../erasure/erased.ts'
import type { Sourced } from '../events/entries.ts'
import { holdersOf } from '../inbox/holders.ts'
import { keyName, lockKeyNames } from '../inbox/keys.ts'
import type { Tables } from '../schema/tables.ts'
import { Memberships } from './memberships.ts'
import { loadPeople, type NamedPeople } from './named-people.ts'
import { type Found, type Limits, Plan } from './plan.ts'
import { loadEveryone, takePlaces, writeProfiles } from './profiles.ts'
import { type Reads, readsOf } from './reads.ts'
import { writeFanOuts } from './write-fan-outs.ts'
import { prepareInboxes, writeInboxes } from './write-inboxes.ts'

/** What every writer of inboxes takes. */
export interface Writing {
  readonly render: Render
  readonly limits: Limits
  /** Hashed with the ids of people who are erased. */
  readonly salt: string
}

/** An effect that a plan takes. */
export type PlannedEffect = Sourced<Parameters<Plan['add']>[0]>

/** The results of effects. */
export type Effected = Pick<Applied, 'changes' | 'dropped' | 'unsent' | 'fanOuts'>

/** What was read of the people and audiences of a batch before it was known which of its events are repeats. */
export interface EarlyReads {
  /** What the effects read; absent where some of those are of repeats. */
  readonly reads?: Reads
  readonly people: NamedPeople
  /** Absent where keys have to be locked before. */
  readonly memberships?: Memberships
}

/** What effects are applied with. */
export interface EffectsOptions {
  readonly trx: Transaction<Tables>
  /** The pipeline of the transaction. */
  readonly pipeline: Executor
  /** Milliseconds since 1970. */
  readonly at: number
  readonly writing: Writing
  /** Whether any notification has expired and has yet to be withdrawn; absent where that has yet to be read. */
  readonly isAnyDue?: boolean | undefined
  readonly early?: EarlyReads | undefined
}

/**
 * Applies effects that follow one another, none of which is an erasure: they are decided in memory, one after the other, on what was read
 * before; then all is written at once. It waits for every result: a commit that was sent behind a statement that could not be would keep
 * the others.
 */
export async function applyEffects(effects: readonly PlannedEffect[], options: EffectsOptions): Promise<Effected> {
  const { trx, pipeline, at, isAnyDue } = options
  const { render, limits, salt } = options.writing
  if (effects.length === 0) return { changes: [], dropped: 0, unsent: [], fanOuts: 0 }
  const found = await read(options, options.early?.reads ?? readsOf(effects, limits.fanOutOver), limits, salt)
  const plan = new Plan(found, limits, at)
  for (const { effect, plugin, origin } of effects) plan.add(effect, plugin, origin)
  await reviveAll(trx, plan.revived, salt)
  await writeFanOuts(trx, plan.fanOuts, at)
  const prepared = await prepareInboxes(trx, plan.inboxes, render, new Date(at), isAnyDue)
  // Sent in the order of locks: inboxes by person, and then the rest.
  const [changes] = await answersOf([
    writeInboxes(pipeline, prepared, new Date(at)),
    found.memberships.write(pipeline),
    writeProfiles(pipeline, plan.profiles),
    writeWithdrawals(pipeline, plan, at),
  ] as const)
  return { changes, dropped: plan.dropped, unsent: plan.unsent, fanOuts: plan.fanOuts.length }
}

async function writeWithdrawals(executor: Executor, { withdrawn }: Plan, at: number): Promise<void> {
  if (withdrawn.size === 0) return
  await sql`insert into withdrawal (plugin, key, at) select r.plugin, r.key, ${new Date(at).toISOString()}::timestamptz
    from ${records([...withdrawn.values()], 'plugin text collate "C", key text collate "C"')} order by 1, 2
    on conflict do nothing`.execute(executor)
}

/** Reads what entries read before they apply, as far as that needs no lock. Both statements are sent at once. */
export async function readEarly(pipeline: Executor, reads: Reads, salt: string): Promise<EarlyReads> {
  const { people, told, keys, audiences } = reads
  const named = loadPeople(pipeline, people, told, salt)
  if (keys.size > 0) return { people: await named }
  const [all, memberships] = await answersOf([named, Memberships.load(pipeline, audiences)] as const)
  return { people: all, memberships }
}

/** Reads what the effects read before they apply, and locks the keys among it. */
async function read(
  { trx, pipeline, early }: Pick<EffectsOptions, 'trx' | 'pipeline' | 'early'>,
  { audiences, everyone, people: named, told, keys, places }: Reads,
  { fanOutOver }: Limits,
  salt: string,
): Promise<Found> {
  const people = early?.people ?? (await loadPeople(trx, named, told, salt))
  const { tombstones, holders } = await lockKeys(trx, pipeline, keys, fanOutOver + 1)
  const all = everyone ? await loadEveryone(trx, fanOutOver + 1) : []
  return {
    people,
    tombstones,
    holders,
    memberships: early?.memberships ?? (await Memberships.load(trx, audiences)),
    everyone: all.length > fanOutOver ? undefined : all,
    places: await takePlaces(trx, places),
  }
}

/**
 * Locks the keys until the commit, so that no send slips past a withdrawal. Returns the keys that are withdrawn already, and the people who
 * hold something under the keys that are to be, at most `most` of each.
 */
async function lockKeys(
  trx: Transaction<Tables>,
  pipeline: Executor,
  keys: Reads['keys'],
  most: number,
): Promise<Pick<Found, 'tombstones' | 'holders'>> {
  if (keys.size === 0) return { tombstones: new Set(), holders: new Map() }
  const all = [...keys.values()]
  // Read by a statement that begins when the keys are locked: what others have withdrawn until then is seen.
  const [, dead] = await answersOf([
    lockKeyNames(pipeline, [...keys.keys()]),
    sql<{ plugin: string; key: string }>`select w.plugin, w.key
      from withdrawal w join ${records(all, 'plugin text, key text')} using (plugin, key)`.execute(pipeline),
  ] as const)
  const holders = new Map<string, readonly string[]>()
  for (const [name, { plugin, key, withdrawn }] of keys) {
    if (!withdrawn) continue
    holders.set(name, await holdersOf(trx, { plugin, key, after: '' }, most))
  }
  return { tombstones: new Set(dead.rows.map(({ plugin, key }) => keyName(plugin, key))), holders }
}
