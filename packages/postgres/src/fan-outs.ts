import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type FannedOut, type NotifyEffect } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { lockKeyNames, type Writing } from './apply.ts'
import { writeDeadLetterOf } from './dead-letters.ts'
import { lockErasure } from './erased.ts'
import { type FanOutRow, nextHolders, nextPeople } from './fan-out-people.ts'
import type { FanOut } from './plan.ts'
import { keyName } from './reads.ts'
import { records } from './records.ts'
import { asStoreErrors } from './store-errors.ts'
import type { Tables } from './tables.ts'
import { transact } from './transact.ts'
import { writeInboxes } from './write-inboxes.ts'

/** A row of a snapshot holds so many people. */
const PART = 1_000

/** Keeps what is to be done step by step, with everybody whom it is to reach; `at` is the moment, in milliseconds since 1970. */
export async function writeFanOuts(trx: Transaction<Tables>, fanOuts: readonly FanOut[], at: number): Promise<void> {
  for (const fanOut of fanOuts) {
    const { kind, plugin, origin } = fanOut
    const notify = fanOut.kind === 'notify' ? fanOut : undefined
    const key = fanOut.kind === 'notify' ? fanOut.effect.key : fanOut.key
    const { rows } = await sql<{ id: number | string }>`insert into fanout
      (kind, plugin, key, effect, origin, except_people, after, up_to, made_at) values (
        ${kind}, ${plugin}, ${key ?? null}, ${JSON.stringify(notify ? withoutNames(notify.effect) : null)}::jsonb, ${JSON.stringify(origin)}::jsonb,
        ${[...(notify?.everyone?.except ?? [])]}::text[], ${notify?.everyone ? 0 : null}::bigint, ${notify?.everyone?.upTo ?? null}::bigint,
        ${new Date(at).toISOString()}::timestamptz)
      returning id`.execute(trx)
    const parts = (notify?.parts ?? []).flatMap(({ audience, people }) =>
      Array.from({ length: Math.ceil(people.length / PART) }, (_, index) => ({
        ...{ fanout: rows[0]?.id, audience, people: people.slice(index * PART, (index + 1) * PART) },
      })),
    )
    if (parts.length > 0)
      await sql`insert into fanout_people (fanout, part, audience, people) select r.fanout, r.part, r.audience, r.people
        from ${records(
          parts.map((one, part) => ({ ...one, part })),
          'fanout bigint, part int, audience text, people text[]',
        )}`.execute(trx)
  }
}

/** Whom it reaches says its snapshot, which an erasure takes people out of. */
const withoutNames = (effect: NotifyEffect): NotifyEffect => {
  const nobody = { people: [], audiences: [] }
  return { ...effect, to: nobody, except: nobody }
}

/**
 * Fan-outs that this version cannot tell, by id, and when they were made (milliseconds since 1970): while versions run side by side,
 * another instance may know their messages.
 */
export type LeftToOthers = Map<string, number>
/** They are left to others for so many milliseconds after they were made, and then given up. */
const LEFT = 3_600_000

/**
 * One step of the oldest fan-out that nobody else is at, and that is not left to others: the next people of its snapshot are told, or of those who hold something
 * under its key are told that it is gone. It is looked at again under the lock of its key, so that no withdrawal slips past it.
 */
export async function stepFanOut(
  db: Kysely<Tables>,
  at: number,
  limit: number,
  writing: Writing,
  left: LeftToOthers,
): Promise<FannedOut> {
  for (const [id, made] of left) if (at - made >= LEFT) left.delete(id)
  let taken: FanOutRow | undefined
  try {
    // Coded as a whole: what breaks at the commit is as little its fault as what breaks before.
    return await asStoreErrors(() =>
      transact(db, async (trx) => {
        await lockErasure(trx, false)
        const { rows } = await sql<FanOutRow>`select * from fanout
          where not id = any(${[...left.keys()]}::bigint[]) order by id limit 1 for update skip locked`.execute(trx)
        const [row] = rows
        if (row === undefined) return { changes: [], more: false }
        taken = row
        const { changes, done } = await step(trx, row, at, limit, writing)
        if (done) await sql`delete from fanout where id = ${row.id}`.execute(trx)
        return { changes, more: true }
      }),
    )
  } catch (error) {
    if (taken === undefined || isAway(error)) throw error
    const made = taken.made_at.getTime()
    if (isUnknown(error) && at - made < LEFT) {
      left.set(String(taken.id), made)
      return { changes: [], more: true }
    }
    const why = error instanceof BelfryError ? error.sentence : String(error)
    const given = await giveUp(db, taken, at, why)
    return { changes: [], more: true, ...(given && { refused: { plugin: taken.plugin, why } }) }
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === coreErrors.STORE_UNAVAILABLE.code
const isUnknown = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === coreErrors.MESSAGE_NOT_RENDERED.code

async function step(trx: Transaction<Tables>, row: FanOutRow, at: number, limit: number, { render }: Writing) {
  const { plugin, key } = row
  if (key !== null) await lockKeyNames(trx, [keyName(plugin, key)])
  const { found, done } = await (row.kind === 'notify' ? nextPeople(trx, row, at, limit) : nextHolders(trx, row, limit))
  const changes = await writeInboxes(trx, new Map(found), render, new Date(at))
  return { changes, done }
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
