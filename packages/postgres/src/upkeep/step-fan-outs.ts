import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { coreErrors, coreLimits, type FannedOut } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Writing } from '../apply/apply-effects.ts'
import type { InboxChange } from '../apply/plan.ts'
import { writeInboxes } from '../apply/write-inboxes.ts'
import { asStoreErrors } from '../connect/store-errors.ts'
import { transact } from '../connect/transact.ts'
import { lockErasure } from '../erasure/erased.ts'
import { keyName, lockKeyNames, tryLockKeyName } from '../inbox/keys.ts'
import { writeDeadLetterOf } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { type FanOutRow, nextHolders, nextPeople } from './fan-out-people.ts'

/**
 * Fan-outs that this version cannot tell, by id, and when they were made (milliseconds since 1970): while versions run side by side,
 * another instance may know their messages.
 */
export type LeftToOthers = Map<string, number>
/** They are left to others for so many milliseconds after they were made, and then given up. */
const LEFT = 3_600_000

/**
 * One step of the oldest fan-outs that nobody else is at, and that are not left to others: the next people of their snapshots are told, or
 * of those who hold something under a key are told that it is gone. Each is read again under the lock of its key, so that no withdrawal
 * slips past it. What several fan-outs of one step cannot do together, the oldest tries by itself, so that the right one is given up.
 */
export async function stepFanOut(
  db: Kysely<Tables>,
  at: number,
  limit: number,
  writing: Writing,
  left: LeftToOthers,
  most: number = coreLimits.STEP_FAN_OUTS.most,
): Promise<FannedOut> {
  for (const [id, made] of left) if (at - made >= LEFT) left.delete(id)
  const taken: FanOutRow[] = []
  try {
    // Coded as a whole: what breaks at the commit is as little its fault as what breaks before.
    return await asStoreErrors(() =>
      transact(db, async (trx) => {
        taken.length = 0
        await lockErasure(trx, false)
        const changes = await step(trx, { at, limit, most, left, taken }, writing)
        return { changes, more: taken.length > 0 }
      }),
    )
  } catch (error) {
    const [first] = taken
    if (first === undefined || isTransient(error)) throw error
    if (taken.length > 1) return stepFanOut(db, at, limit, writing, left, 1)
    const made = first.made_at.getTime()
    if (isUnknown(error) && at - made < LEFT) {
      left.set(String(first.id), made)
      return { changes: [], more: true }
    }
    const why = error instanceof BelfryError ? error.sentence : String(error)
    const given = await giveUp(db, first, at, why)
    return { changes: [], more: true, ...(given && { refused: { plugin: first.plugin, why } }) }
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === coreErrors.MESSAGE_NOT_RENDERED.code

/** What one step is to do, and which fan-outs it has taken. */
interface Step {
  readonly at: number
  /** It reaches at most this many people, of at most `most` fan-outs. */
  readonly limit: number
  readonly most: number
  readonly left: LeftToOthers
  readonly taken: FanOutRow[]
}

async function step(trx: Transaction<Tables>, { at, limit, most, left, taken }: Step, { render }: Writing) {
  const plans = new Map<string, InboxChange[]>()
  for (let room = limit; room > 0 && taken.length < most; ) {
    const row = await nextFanOut(trx, left, taken.at(-1)?.id ?? 0)
    if (row === undefined || !(await lockKeyOf(trx, row, taken.length > 0))) break
    taken.push(row)
    for (let done = false; !done && room > 0; ) {
      const next = await (row.kind === 'notify' ? nextPeople(trx, row, at, room) : nextHolders(trx, row, room))
      for (const [person, changes] of next.found) plans.set(person, [...(plans.get(person) ?? []), ...changes])
      room -= next.found.length
      done = next.done
      if (done) await sql`delete from fanout where id = ${row.id}`.execute(trx)
    }
  }
  return writeInboxes(trx, plans, render, new Date(at))
}

/** The oldest after this one that nobody else is at. */
async function nextFanOut(
  trx: Transaction<Tables>,
  left: LeftToOthers,
  after: number | string,
): Promise<FanOutRow | undefined> {
  const { rows } = await sql<FanOutRow>`select * from fanout
    where id > ${after}::bigint and not id = any(${[...left.keys()]}::bigint[])
    order by id limit 1 for update skip locked`.execute(trx)
  return rows[0]
}

/** Takes the lock of its key. Beside another key it is not waited for: keys that are locked one by one have no order. */
async function lockKeyOf(trx: Transaction<Tables>, { plugin, key }: FanOutRow, beside: boolean): Promise<boolean> {
  if (key === null) return true
  if (beside) return tryLockKeyName(trx, keyName(plugin, key))
  await lockKeyNames(trx, [keyName(plugin, key)])
  return true
}

/**
 * What could not be told will not be told the next time: it is kept as a dead letter, so that the others go on. Answers whether it was
 * given up here, and not by somebody else, who may also be telling it with success.
 */
async function giveUp(
  db: Kysely<Tables>,
  { id, plugin, origin }: FanOutRow,
  at: number,
  why: string,
): Promise<boolean> {
  return transact(db, async (trx) => {
    await lockErasure(trx, false)
    const { rows } = await sql`select id from fanout where id = ${id} for update skip locked`.execute(trx)
    if (rows.length === 0) return false
    await sql`delete from fanout where id = ${id}`.execute(trx)
    const { code, sentence: message } = coreErrors.FAN_OUT_REFUSED({ why })
    await writeDeadLetterOf(trx, { ...origin, plugin, code, message }, at)
    return true
  })
}
