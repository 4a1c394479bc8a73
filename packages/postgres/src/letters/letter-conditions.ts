import type { DeadLetterQuery } from '@belfry/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import { hex } from './letter-rows.ts'
import { namedIn } from './name-letters.ts'

/** Up to this many letters are sorted for a list. */
const MAX_SORTED = 20_000

/** The ids of the dead letters in a list. */
export async function wantedIds(
  db: Kysely<Tables>,
  query: DeadLetterQuery,
  salt: string,
): Promise<RawBuilder<unknown>> {
  const selective = selectiveConditions(query, salt)
  const order = selective.length > 0 && (await areFew(db, selective)) ? sql`id + 0` : sql`id`
  const wanted = [...equalities(query), ...selective]
  return sql`select id from dead_letter where ${allOf(wanted)} order by ${order} desc limit ${query.limit}`
}

/**
 * Whether few letters meet these conditions. Then they are looked up and sorted: an order that an index has would let the planner walk
 * over all letters in search of those few. Where many meet them, such a walk soon has enough.
 */
async function areFew(db: Kysely<Tables>, conditions: readonly RawBuilder<unknown>[]): Promise<boolean> {
  const { rows } = await sql<{ found: number }>`select count(*)::int as found
    from (select from dead_letter where ${allOf(conditions)} limit ${MAX_SORTED + 1}) few`.execute(db)
  return (rows[0]?.found ?? 0) <= MAX_SORTED
}

const allOf = (conditions: readonly RawBuilder<unknown>[]) =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)

// Conditions that do not apply are left out, so that each kind of query has its index.

function equalities({ before, plugin, code, topic }: DeadLetterQuery): readonly RawBuilder<unknown>[] {
  return [
    ...(before === undefined ? [] : [sql`id < ${before}::bigint`]),
    ...(plugin === undefined ? [] : [sql`plugin = ${plugin}::text`]),
    ...(code === undefined ? [] : [sql`code = ${code}::text`]),
    ...(topic === undefined ? [] : [sql`topic = ${topic}::text`]),
  ]
}

function selectiveConditions(
  { from, to, source, eventId, key, person }: DeadLetterQuery,
  salt: string,
): readonly RawBuilder<unknown>[] {
  return [
    ...(from === undefined ? [] : [sql`at >= ${new Date(from).toISOString()}::timestamptz`]),
    ...(to === undefined ? [] : [sql`at < ${new Date(to).toISOString()}::timestamptz`]),
    ...(source === undefined ? [] : [equals('source', source)]),
    ...(eventId === undefined ? [] : [equals('id', eventId)]),
    ...(key === undefined ? [] : [sql`key = decode(${hex(Buffer.from(key))}, 'hex')`]),
    ...(person === undefined ? [] : [namedIn(person, salt)]),
  ]
}

/** The index has hashes. */
function equals(name: 'source' | 'id', text: string): RawBuilder<unknown> {
  const value = sql.raw(`coalesce(event_${name}, read_${name})`)
  return sql`hashtextextended(${value}, 0) = hashtextextended(${text}::text, 0) and ${value} = ${text}::text`
}
