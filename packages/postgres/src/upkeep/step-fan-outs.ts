import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { type Change, coreErrors, coreLimits, type FannedOut, type Profile } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Writing } from '../apply/apply-effects.ts'
import type { InboxChange } from '../apply/inbox-change.ts'
import { prepareInboxes, writeInboxes } from '../apply/write-inboxes.ts'
import { asStoreErrors } from '../connect/store-errors.ts'
import { transact } from '../connect/transact.ts'
import { lockErasure } from '../erasure/erased.ts'
import { keyName, lockKeyNames, tryLockKeyName } from '../inbox/keys.ts'
import { writeDeadLetterOf } from '../letters/letter-writer.ts'
import type { Tables } from '../schema/tables.ts'
import { type FanOutRow, nextHolders, nextPeople } from './fan-out-people.ts'
import { notifyPeople, type SharedNotification } from './notify-people.ts'

/**
 * Fan-outs whose messages this version does not have, by id, and when they were made (milliseconds since 1970): while versions run side by
 * side, another instance may have them.
 */
export type LeftToOthers = Map<string, number>
/** Milliseconds after which a fan-out is given up that was left to others. */
const LEFT_TO_OTHERS_MS = 3_600_000

/**
 * One step of the oldest fan-outs that no other transaction has locked, and that are not left to others: the next people of their snapshots
 * are told, or the notifications of the next holders of a key are withdrawn. Each fan-out is read under the lock of its key, so that no
 * withdrawal slips past it. Where a step of several fan-outs fails, the oldest is tried by itself, so that the right one is given up.
 */
export async function stepFanOut(
  db: Kysely<Tables>,
  at: number,
  limit: number,
  writing: Writing,
  left: LeftToOthers,
  most: number = coreLimits.STEP_FAN_OUTS.most,
): Promise<FannedOut> {
  for (const [id, made] of left) if (at - made >= LEFT_TO_OTHERS_MS) left.delete(id)
  const taken: FanOutRow[] = []
  try {
    // Errors are translated as a whole: a connection may break at the commit as well as before.
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
    if (isNotRendered(error) && at - made < LEFT_TO_OTHERS_MS) {
      left.set(String(first.id), made)
      return { changes: [], more: true }
    }
    const why = error instanceof BelfryError ? error.sentence : String(error)
    const given = await giveUp(db, first, at, why)
    return { changes: [], more: true, ...(given && { refused: { plugin: first.plugin, why } }) }
  }
}

const isNotRendered = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === coreErrors.MESSAGE_NOT_RENDERED.code

/** The task of one step, and the fan-outs that it has taken. */
interface Step {
  readonly at: number
  /** It reaches at most this many people, of at most `most` fan-outs. */
  readonly limit: number
  readonly most: number
  readonly left: LeftToOthers
  readonly taken: FanOutRow[]
}

async function step(trx: Transaction<Tables>, task: Step, { render }: Writing): Promise<readonly Change[]> {
  const { at, limit, most, left, taken } = task
  const notifications: SharedNotification[] = []
  const profiles = new Map<string, Profile>()
  const withdrawals = new Map<string, InboxChange[]>()
  for (let room = limit; room > 0 && taken.length < most; ) {
    const row = await nextFanOut(trx, left, taken.at(-1)?.id ?? 0)
    // Those of the other kind wait for the next step.
    if (row === undefined || (taken[0] ?? row).kind !== row.kind) break
    if (!(await lockKeyOf(trx, row, taken.length > 0))) break
    taken.push(row)
    for (let done = false; !done && room > 0; ) {
      const next = row.kind === 'notify' ? await notifyNext(row, room) : await withdrawNext(row, room)
      room -= next.people.length
      done = next.done
      if (done) await sql`delete from fanout where id = ${row.id}`.execute(trx)
    }
  }
  return withdrawals.size > 0
    ? writeInboxes(trx, await prepareInboxes(trx, withdrawals, render, new Date(at)), new Date(at))
    : notifyPeople(trx, notifications, profiles, render, new Date(at))

  async function notifyNext(row: FanOutRow, room: number) {
    const next = await nextPeople(trx, row, at, room)
    const { plugin, effect, origin } = row
    notifications.push({ plugin, effect, origin, audience: next.audience, people: next.people })
    for (const [person, profile] of next.profiles ?? []) profiles.set(person, profile)
    return next
  }
  async function withdrawNext(row: FanOutRow, room: number) {
    const next = await nextHolders(trx, row, room)
    const { plugin, key } = row
    for (const person of next.people)
      if (key !== null)
        withdrawals.set(person, [...(withdrawals.get(person) ?? []), { kind: 'withdrawal', plugin, key }])
    return next
  }
}

/** The oldest after this one that no other transaction has locked. */
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

/** Takes the lock of its key. Beside another key it does not wait for it: keys that are locked one by one have no order. */
async function lockKeyOf(trx: Transaction<Tables>, { plugin, key }: FanOutRow, beside: boolean): Promise<boolean> {
  if (key === null) return true
  if (beside) return tryLockKeyName(trx, keyName(plugin, key))
  await lockKeyNames(trx, [keyName(plugin, key)])
  return true
}

/**
 * Gives up a fan-out: it will fail the next time as well, and is kept as a dead letter, so that the others go on. Returns whether it was
 * given up here. Another instance may have given it up before, or may be at it with success.
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
    const { code, sentence: message, remedy } = coreErrors.FAN_OUT_REFUSED({ why })
    await writeDeadLetterOf(trx, { ...origin, plugin, code, message, ...(remedy !== undefined && { remedy }) }, at)
    return true
  })
}
