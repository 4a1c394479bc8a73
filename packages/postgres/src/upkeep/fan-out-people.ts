import type { NotifyEffect } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { type InboxChange, isExpired } from '../apply/inbox-change.ts'
import type { Origin } from '../events/entries.ts'
import { holdersOf } from '../inbox/holders.ts'
import type { Tables } from '../schema/tables.ts'

/** A fan-out as it is kept: a large audience that is told step by step, or from whom something is withdrawn. */
export interface FanOutRow {
  readonly id: number | string
  readonly kind: 'notify' | 'withdraw'
  readonly plugin: string
  readonly key: string | null
  readonly effect: NotifyEffect
  readonly origin: Origin
  readonly except_people: string[]
  readonly after: number | string | null
  readonly up_to: number | string | null
  readonly made_at: Date
  /** The last person from whose inbox it has withdrawn. */
  readonly reached: string | null
}

/** The next people, the changes of the inbox of each, and whether they are the last. */
type Next = { readonly found: readonly (readonly [string, readonly InboxChange[]])[]; readonly done: boolean }

/** The next people who are to be told; none once the key is withdrawn, or once the notification has expired. */
export async function nextPeople(trx: Transaction<Tables>, row: FanOutRow, at: number, limit: number): Promise<Next> {
  const { plugin, key, effect, origin } = row
  if (isExpired(effect, at)) return { found: [], done: true }
  if (key !== null) {
    const { rows } = await sql`select 1 from withdrawal where plugin = ${plugin} and key = ${key}`.execute(trx)
    if (rows.length > 0) return { found: [], done: true }
  }
  const arrivals = (people: readonly string[], audience: string | undefined): Next['found'] =>
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
    return {
      found: arrivals(now, part.audience || undefined),
      done: !later && another === undefined && row.up_to === null,
    }
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

/** The next people who hold notifications under the key. No holder is added behind them: what is sent under a withdrawn key does not arrive. */
export async function nextHolders(trx: Transaction<Tables>, row: FanOutRow, limit: number): Promise<Next> {
  const { id, plugin, key } = row
  if (key === null) return { found: [], done: true }
  const people = await holdersOf(trx, { plugin, key, after: row.reached ?? '' }, limit + 1)
  const now = people.slice(0, limit)
  const done = people.length <= limit
  if (!done) await sql`update fanout set reached = ${now.at(-1)} where id = ${id}`.execute(trx)
  return { found: now.map((person) => [person, [{ kind: 'withdrawal', plugin, key }]]), done }
}
