import type { KeptLetter, Repeat, Retried, Retry } from '@belfry/core'
import type { Kysely, Transaction } from 'kysely'
import { transact } from '../connect/transact.ts'
import { clearErased } from '../erasure/clear-person.ts'
import { lockErasure } from '../erasure/erased.ts'
import { erases, type PlacedEntries, sourcedEntriesOf } from '../events/entries.ts'
import { isApplied } from '../events/is-applied.ts'
import { findDeadLetter, followedHashes, removeDeadLetter, updateReason } from '../letters/dead-letters.ts'
import { letterRowsOf } from '../letters/letter-rows.ts'
import { LetterWriter } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { applyEntries } from './apply.ts'
import type { Writing } from './apply-effects.ts'
import { claimEvents } from './claim-events.ts'

/** Thrown to roll back a transaction in which the letter turned out to be gone, or to have been followed. */
class Overtaken extends Error {}

/** Applies what a dead letter has been decided to do now, and removes it unless it has failed again, in one transaction. */
export async function retryDeadLetter(
  db: Kysely<Tables>,
  id: number,
  { at, entry, force }: Retry,
  writing: Writing,
): Promise<Retried> {
  for (;;) {
    const letter = await findDeadLetter(db, id)
    if (letter === undefined) return { kind: 'missing' }
    const isRepeat = letter.event === undefined && entry.event !== undefined && (await isApplied(db, entry.event))
    if (letter.followedBy > 0 && !force && !isRepeat) return { kind: 'followed', followedBy: letter.followedBy }
    const [again] = entry.deadLetters.filter(({ plugin }) => plugin === letter.plugin)
    if (again !== undefined && !entry.effects.some(({ effects }) => effects.length > 0))
      return (await updateReason(db, id, again)) ? { kind: 'failed', letter: again } : { kind: 'missing' }
    const { topic, partition, offset } = letter
    const deadLetters = entry.deadLetters.filter((one) => one !== again)
    const retried = [{ topic, partition, entries: [{ ...entry, offset, deadLetters }] }]
    const letterRows = letterRowsOf(retried, writing.salt)
    const cleared = await clearErased(db, retried, writing.salt, letter)
    try {
      return await transact(db, async (trx) => {
        const repeats = await claim(trx, letter, retried, at, writing.salt)
        const keysWithDeadLetters = await followedHashes(trx, id)
        const letters = await LetterWriter.begin(trx, at, letterRows, {
          keysWithDeadLetters,
          countEvents: () => new Map(),
        })
        // Its key is locked now: a transaction that applied a later event of the key, or removed the letter, has come first.
        const now = await findDeadLetter(trx, id, 0)
        if (now === undefined || (now.followedBy > 0 && !force && repeats.length === 0)) throw new Overtaken()
        const result = await applyEntries(repeats.length === 0 ? sourcedEntriesOf(retried) : [], {
          trx,
          pipeline: trx,
          at,
          writing,
          letters,
          cleared,
          retried: id,
        })
        const applied = { ...result, lost: [], repeats }
        const wasThere = again === undefined ? await removeDeadLetter(trx, id) : await updateReason(trx, id, again)
        if (!wasThere) throw new Overtaken()
        return again === undefined ? { kind: 'applied', applied } : { kind: 'failed', letter: again, applied }
      })
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
    }
  }
}

/**
 * Takes the lock of erasure, and returns the letter's event if it is a repeat: a record that could not be read as an event has left no
 * identity, and the event may have been sent again and applied meanwhile.
 */
async function claim(
  trx: Transaction<Tables>,
  letter: KeptLetter,
  slices: readonly PlacedEntries[],
  at: number,
  salt: string,
): Promise<readonly Repeat[]> {
  const isNew = letter.event === undefined && slices.some(({ entries }) => entries.some(({ event }) => event))
  if (isNew) return (await claimEvents(trx, slices, new Date(at), salt)).repeats
  await lockErasure(trx, erases(slices))
  return []
}
