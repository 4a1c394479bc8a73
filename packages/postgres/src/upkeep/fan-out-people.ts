import type { NotifyEffect, Profile } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { isExpired } from '../apply/inbox-change.ts'
import { type ProfileRow, profileColumns, profileOf } from '../apply/profiles.ts'
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

/** The next people, and whether they are the last. */
interface Next {
  readonly people: readonly string[]
  readonly done: boolean
}

/** The same of people who are to be told: the audience that they were in, and their profiles as far as these were read with them. */
interface NextTold extends Next {
  readonly audience?: string
  readonly profiles?: ReadonlyMap<string, Profile>
}

/** The next people who are to be told; none once the key is withdrawn, or once the notification has expired. */
export async function nextPeople(
  trx: Transaction<Tables>,
  row: FanOutRow,
  at: number,
  limit: number,
): Promise<NextTold> {
  const { plugin, key, effect } = row
  if (isExpired(effect, at)) return { people: [], done: true }
  if (key !== null) {
    const { rows } = await sql`select 1 from withdrawal where plugin = ${plugin} and key = ${key}`.execute(trx)
    if (rows.length > 0) return { people: [], done: true }
  }
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
      people: now,
      ...(part.audience !== '' && { audience: part.audience }),
      done: !later && another === undefined && row.up_to === null,
    }
  }
  if (row.up_to === null) return { people: [], done: true }
  const { rows: next } = await sql<ProfileRow & { made: number | string }>`select ${sql.raw(profileColumns)}, p.made
    from profile p where p.made > ${row.after}::bigint and p.made < ${row.up_to}::bigint
      and not p.person = any(${row.except_people}::text[])
    order by p.made limit ${limit + 1}`.execute(trx)
  const now = next.slice(0, limit)
  const done = next.length <= limit
  if (!done) await sql`update fanout set after = ${now.at(-1)?.made}::bigint where id = ${row.id}`.execute(trx)
  const profiles = new Map(now.map((one) => [one.person, profileOf(one)]))
  return { people: [...profiles.keys()], audience: 'everyone', profiles, done }
}

/** The next people who hold notifications under the key. No holder is added behind them: what is sent under a withdrawn key does not arrive. */
export async function nextHolders(trx: Transaction<Tables>, row: FanOutRow, limit: number): Promise<Next> {
  const { id, plugin, key } = row
  if (key === null) return { people: [], done: true }
  const found = await holdersOf(trx, { plugin, key, after: row.reached ?? '' }, limit + 1)
  const people = found.slice(0, limit)
  const done = found.length <= limit
  if (!done) await sql`update fanout set reached = ${people.at(-1)} where id = ${id}`.execute(trx)
  return { people, done }
}
