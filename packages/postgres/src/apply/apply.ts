import type { Applied, Batch, Change, Unsent } from '@belfry/core'
import type { Kysely, Transaction } from 'kysely'
import { transact } from '../connect/transact.ts'
import { type ClearedPeople, clearErased } from '../erasure/clear-person.ts'
import { erasePerson } from '../erasure/erased.ts'
import { effectsOf, type PlacedEntries } from '../events/entries.ts'
import { claimPositions } from '../events/positions.ts'
import { joined } from '../inbox/expired.ts'
import { keysOf } from '../letters/letter-keys.ts'
import { letterRowsOf } from '../letters/letter-rows.ts'
import { LetterWriter } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { applyEffects, type PlannedEffect, type Writing } from './apply-effects.ts'
import { claimEvents } from './claim-events.ts'

/** The results of effects. */
type Effected = Pick<Applied, 'changes' | 'dropped' | 'unsent' | 'erased' | 'fanOuts'>

/**
 * The one transaction of a batch, with its locks in the order that every writer keeps: positions, identities, erasure, counts of keys
 * that have dead letters, keys, inboxes by person, and the rest. The effects are decided in memory, one after the other, on what was
 * read; then all is written at once. After the commit `delivery.ts` of the server delivers what it returns.
 */
export async function applyBatch(db: Kysely<Tables>, { at, slices }: Batch, writing: Writing): Promise<Applied> {
  const rows = letterRowsOf(slices, writing.salt)
  const cleared = await clearErased(db, slices, writing.salt)
  return transact(db, async (trx) => {
    const { won, lost } = await claimPositions(trx, slices)
    // A batch without effects needs the lock of erasure too: its events are counted for the dead letters of their keys, which an erasure
    // deletes.
    const { fresh, repeats, keysWithDeadLetters, isAnyDue } = await claimEvents(trx, won, new Date(at), writing.salt)
    const slicesToApply = won.map((slice) => ({
      ...slice,
      entries: slice.entries.filter(({ event }) => event === undefined || fresh.has(event)),
    }))
    const countEvents = () => keysOf(slicesToApply, writing.salt)
    const letters = await LetterWriter.begin(trx, at, rows, { keysWithDeadLetters, countEvents })
    const effected = await applyEntries(trx, slicesToApply, { at, writing, letters, cleared, isAnyDue })
    return { ...effected, lost, repeats }
  })
}

/** What entries are applied with. */
export interface Applying {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly writing: Writing
  readonly letters: LetterWriter
  readonly cleared: ClearedPeople
  /** Whether any notification has expired and has yet to be withdrawn; absent where that has yet to be read. */
  readonly isAnyDue?: boolean
  /** The dead letter that is retried. No erasure removes it: whether it may go is not decided yet. */
  readonly retried?: number
}

/**
 * Applies entries in their order: their effects, and the dead letters that they have left. What comes before an erasure is written
 * before it, so that it is erased as well. The caller holds the lock of erasure, alone if an entry erases a person.
 */
export async function applyEntries(
  trx: Transaction<Tables>,
  slices: readonly PlacedEntries[],
  { at, writing, letters, cleared, isAnyDue, retried }: Applying,
): Promise<Effected> {
  const changes = new Map<string, Change>()
  const erased = new Set<string>()
  const unsent: Unsent[] = []
  let [dropped, fanOuts] = [0, 0]
  let effects: PlannedEffect[] = []
  const write = async () => {
    const written = await applyEffects(trx, effects, at, writing, isAnyDue)
    for (const change of written.changes) changes.set(change.person, joined(changes.get(change.person), change))
    dropped += written.dropped
    unsent.push(...written.unsent)
    fanOuts += written.fanOuts
    effects = []
    await letters.write()
  }
  for (const slice of slices)
    for (const [index, entry] of slice.entries.entries()) {
      for (const { effect, plugin, origin } of effectsOf(slice, entry)) {
        if (effect.kind !== 'erase') effects.push({ effect, plugin, origin })
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
  return { changes: [...changes.values()], dropped, unsent, erased: [...erased], fanOuts }
}
