import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type FannedOut, type NotifyEffect } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { lockKeyNames, type Writing } from './apply.ts'
import { writeDeadLetterOf } from './dead-letters.ts'
import { lockErasure } from './erased.ts'
import { type FanOut, type InboxChange, isOver } from './plan.ts'
import { keyName, type Origin } from './reads.ts'
import { records } from './records.ts'
import { asStoreErrors } from './store-errors.ts'
import type { Tables } from './tables.ts'
import { transact } from './transact.ts'
import { writeInboxes } from './write-inboxes.ts'

/** A row of a snapshot holds so many people. */
const PART = 1_000

interface Row {
  readonly id: number | string
  readonly kind: 'notify' | 'withdraw'
  readonly plugin: string
  readonly key: string | null
  readonly effect: NotifyEffect
  readonly origin: Origin
  readonly except_people: string[]
  readonly after: number | string | null
  readonly up_to: number | string | null
}

/** Keeps what is to be done step by step, with everybody whom it is to reach. */
export async function writeFanOuts(trx: Transaction<Tables>, fanOuts: readonly FanOut[]): Promise<void> {
  for (const fanOut of fanOuts) {
    const { kind, plugin, origin } = fanOut
    const notify = fanOut.kind === 'notify' ? fanOut : undefined
    const key = fanOut.kind === 'notify' ? fanOut.effect.key : fanOut.key
    const { rows } = await sql<{ id: number | string }>`insert into fanout
      (kind, plugin, key, effect, origin, except_people, after, up_to) values (
        ${kind}, ${plugin}, ${key ?? null}, ${JSON.stringify(notify ? withoutNames(notify.effect) : null)}::jsonb, ${JSON.stringify(origin)}::jsonb,
        ${[...(notify?.everyone?.except ?? [])]}::text[], ${notify?.everyone ? 0 : null}::bigint, ${notify?.everyone?.upTo ?? null}::bigint)
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
 * One step of the oldest fan-out that nobody else is at: the next people of its snapshot are told, or of those who hold something
 * under its key are told that it is gone. It is looked at again under the lock of its key, so that no withdrawal slips past it.
 */
export async function stepFanOut(db: Kysely<Tables>, at: number, limit: number, writing: Writing): Promise<FannedOut> {
  let taken: Row | undefined
  try {
    // Coded as a whole: what breaks at the commit is as little its fault as what breaks before.
    return await asStoreErrors(() =>
      transact(db, async (trx) => {
        await lockErasure(trx, false)
        const { rows } = await sql<Row>`select * from fanout order by id limit 1 for update skip locked`.execute(trx)
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
    const why = error instanceof BelfryError ? error.sentence : String(error)
    const given = await giveUp(db, taken, at, why)
    return { changes: [], more: true, ...(given && { refused: { plugin: taken.plugin, why } }) }
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === coreErrors.STORE_UNAVAILABLE.code

async function step(trx: Transaction<Tables>, row: Row, at: number, limit: number, { render }: Writing) {
  const { plugin, key } = row
  if (key !== null) await lockKeyNames(trx, [keyName(plugin, key)])
  const { found, done } = await (row.kind === 'notify' ? nextPeople(trx, row, at, limit) : nextHolders(trx, row, limit))
  const changes = await writeInboxes(trx, new Map(found), render, new Date(at))
  return { changes, done }
}

type Next = { readonly found: readonly (readonly [string, readonly InboxChange[]])[]; readonly done: boolean }

/** The next people who are to be told; none once the key is withdrawn, or once it is over. */
async function nextPeople(trx: Transaction<Tables>, row: Row, at: number, limit: number): Promise<Next> {
  const { plugin, key, effect, origin } = row
  if (isOver(effect, at)) return { found: [], done: true }
  if (key !== null) {
    const { rows } = await sql`select 1 from withdrawal where plugin = ${plugin} and key = ${key}`.execute(trx)
    if (rows.length > 0) return { found: [], done: true }
  }
  const arrivals = (people: readonly string[], audience: string): Next['found'] =>
    people.map((person) => [person, [{ kind: 'arrival', plugin, effect, origin, audience, reader: 'stored' }]])
  const { rows } = await sql<{ part: number; audience: string; people: string[] }>`select part, audience, people
    from fanout_people where fanout = ${row.id} order by part limit 2`.execute(trx)
  const [part, another] = rows
  if (part !== undefined) {
    const now = part.people.slice(0, limit)
    const later = part.people.length > limit
    if (later)
      await sql`update fanout_people set people = people[${limit + 1}::int:] where fanout = ${row.id} and part = ${part.part}`.execute(
        trx,
      )
    else await sql`delete from fanout_people where fanout = ${row.id} and part = ${part.part}`.execute(trx)
    return { found: arrivals(now, part.audience), done: !later && another === undefined && row.up_to === null }
  }
  if (row.up_to === null) return { found: [], done: true }
  const next = await sql<{ person: string; made: number | string }>`select person, made from profile
    where made > ${row.after}::bigint and made < ${row.up_to}::bigint and not person = any(${row.except_people}::text[])
    order by made limit ${limit + 1}`.execute(trx)
  const now = next.rows.slice(0, limit)
  await sql`update fanout set after = ${now.at(-1)?.made ?? row.up_to}::bigint where id = ${row.id}`.execute(trx)
  const found = arrivals(
    now.map(({ person }) => person),
    'everyone',
  )
  return { found, done: next.rows.length <= limit }
}

/** The next people who hold something under the key. */
async function nextHolders(trx: Transaction<Tables>, { plugin, key }: Row, limit: number): Promise<Next> {
  if (key === null) return { found: [], done: true }
  const { rows } = await sql<{ person: string }>`select distinct person from notification
    where plugin = ${plugin} and key = ${key} and not withdrawn order by person limit ${limit + 1}`.execute(trx)
  return {
    found: rows.slice(0, limit).map(({ person }) => [person, [{ kind: 'withdrawal', plugin, key }]]),
    done: rows.length <= limit,
  }
}

/**
 * What could not be told will not be told the next time: it is kept as a dead letter, so that the others go on. Answers whether it was
 * given up here, and not by somebody else, who may also be telling it with success.
 */
async function giveUp(db: Kysely<Tables>, { id, plugin, origin }: Row, at: number, why: string): Promise<boolean> {
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
