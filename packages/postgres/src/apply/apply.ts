import type { Applied, Batch, Change, Position, Slice, Unsent } from '@belfry/core'
import type { Kysely } from 'kysely'
import { answersOf, pipelineOf, transact } from '../connect/transact.ts'
import { type ClearedPeople, clearErased } from '../erasure/clear-person.ts'
import { erasePerson } from '../erasure/erased.ts'
import { erases, type Place, type Sourced, type SourcedEntry, sourcedEntriesOf } from '../events/entries.ts'
import { claimPositions } from '../events/positions.ts'
import { joined } from '../inbox/expired.ts'
import { keysOf } from '../letters/letter-keys.ts'
import { type LetterRows, letterRowsOf } from '../letters/letter-rows.ts'
import { LetterWriter } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { applyEffects, type EffectsOptions, type PlannedEffect, readEarly, type Writing } from './apply-effects.ts'
import { claimEvents } from './claim-events.ts'
import { readsOf } from './reads.ts'

/** What a transaction did with the effects of its entries. */
type AppliedEntries = Pick<Applied, 'changes' | 'dropped' | 'unsent' | 'erased' | 'fanOuts'>

/** Thrown to roll back the transaction of a batch of which these partitions do not stand where their slices begin. */
class PositionsLost extends Error {
  readonly lost: readonly Position[]

  constructor(lost: readonly Position[]) {
    super('partitions have been applied by another consumer')
    this.lost = lost
  }
}

/**
 * Applies a batch. Where partitions have been applied by another consumer meanwhile, the others are applied without them. After the commit
 * `delivery.ts` of the server delivers what it returns.
 */
export async function applyBatch(db: Kysely<Tables>, { at, slices }: Batch, writing: Writing): Promise<Applied> {
  const rows = letterRowsOf(slices, writing.salt)
  const cleared = await clearErased(db, slices, writing.salt)
  const lost: Position[] = []
  for (let left = slices; left.length > 0; ) {
    try {
      return { ...(await applySlices(db, left, { at, writing, rows, cleared })), lost }
    } catch (error) {
      if (!(error instanceof PositionsLost)) throw error
      lost.push(...error.lost)
      left = left.filter((slice) => !error.lost.some((one) => isSamePartition(one, slice)))
    }
  }
  return { changes: [], dropped: 0, unsent: [], erased: [], fanOuts: 0, repeats: [], lost }
}

const isSamePartition = (a: Place, b: Place) => a.topic === b.topic && a.partition === b.partition

/** What a batch is applied with. */
interface BatchOptions {
  readonly at: number
  readonly writing: Writing
  readonly rows: LetterRows
  readonly cleared: ClearedPeople
}

/**
 * The one transaction of a batch, with its locks in the order that every writer keeps: positions, identities, erasure, counts of keys
 * that have dead letters, keys, inboxes by person, and the rest. The effects are decided in memory, one after the other, on what was
 * read; then all is written at once. Most batches take two round trips between begin and commit.
 */
async function applySlices(
  db: Kysely<Tables>,
  slices: readonly Slice[],
  { at, writing, rows, cleared }: BatchOptions,
): Promise<Omit<Applied, 'lost'>> {
  const { salt, limits } = writing
  return transact(db, async (trx) => {
    const pipeline = await pipelineOf(trx)
    const entries = sourcedEntriesOf(slices)
    // Before an erasure in its middle, a batch reads what is there until then.
    const effects = erases(slices) ? [] : entries.flatMap(({ effects: own }) => own)
    const reads = readsOf(effects, limits.fanOutOver)
    // A batch without effects needs the lock of erasure too: its events are counted for the dead letters of their keys, which an erasure
    // deletes.
    const [lost, claimed, early] = await answersOf([
      claimPositions(pipeline, slices),
      claimEvents(pipeline, slices, new Date(at), salt),
      effects.length === 0 ? undefined : readEarly(pipeline, reads, salt),
    ] as const)
    if (lost.length > 0) throw new PositionsLost(lost)
    const { fresh, repeats, keysWithDeadLetters, isAnyDue } = claimed
    const isRepeat = ({ entry: { event } }: SourcedEntry) => event !== undefined && !fresh.has(event)
    const entriesToApply = repeats.length === 0 ? entries : entries.filter((one) => !isRepeat(one))
    const countEvents = () =>
      keysOf(
        entriesToApply.map(({ place, entry }) => ({ ...place, entries: [entry] })),
        salt,
      )
    const letters = await LetterWriter.begin(trx, at, rows, { keysWithDeadLetters, countEvents })
    // A retry of a dead letter, which comes before later events of its key, may have committed while its key was waited for.
    const seen =
      keysWithDeadLetters.size > 0 ? undefined : early && { ...early, ...(repeats.length === 0 && { reads }) }
    const options = { trx, pipeline, at, writing, letters, cleared, isAnyDue, early: seen }
    return { ...(await applyEntries(entriesToApply, options)), repeats }
  })
}

/** What entries are applied with. */
export interface Applying extends EffectsOptions {
  readonly letters: LetterWriter
  readonly cleared: ClearedPeople
  /** The dead letter that is retried. No erasure removes it: whether it may go is not decided yet. */
  readonly retried?: number
}

/**
 * Applies entries in their order: their effects, and the dead letters that they have left. What comes before an erasure is written
 * before it, so that it is erased as well. The caller holds the lock of erasure, alone if an entry erases a person.
 */
export async function applyEntries(
  entries: readonly SourcedEntry[],
  { letters, cleared, retried, ...options }: Applying,
): Promise<AppliedEntries> {
  const changes = new Map<string, Change>()
  const erased = new Set<string>()
  const unsent: Unsent[] = []
  let [dropped, fanOuts] = [0, 0]
  let effects: PlannedEffect[] = []
  const write = async () => {
    const written = await applyEffects(effects, options)
    effects = []
    await letters.write()
    for (const change of written.changes) changes.set(change.person, joined(changes.get(change.person), change))
    dropped += written.dropped
    unsent.push(...written.unsent)
    fanOuts += written.fanOuts
  }
  for (const [index, { place, entry, effects: own }] of entries.entries()) {
    for (const one of own) {
      const { effect, origin } = one
      if (effect.kind === 'erase') {
        await write()
        const { trx, writing } = options
        const { person } = effect
        await erasePerson(trx, person, Date.parse(origin.event.time), writing.salt, cleared.get(person), retried)
        erased.add(person)
        changes.delete(person)
      } else if (isPlanned(one)) effects.push(one)
    }
    if (entry.deadLetters.length === 0) continue
    const later = entries.slice(index + 1).filter((one) => one.place === place)
    letters.add(
      place,
      entry,
      later.map((one) => one.entry),
    )
  }
  await write()
  return { changes: [...changes.values()], dropped, unsent, erased: [...erased], fanOuts }
}

const isPlanned = (one: Sourced): one is PlannedEffect => one.effect.kind !== 'erase'
