import {
  clipMessage,
  coreLimits,
  cutLetter,
  type DeadLetter,
  type DeadLetterQuery,
  type KeptLetter,
  type ListedLetter,
  shownKey,
} from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { storable } from '../connect/records.ts'
import { isApplied } from '../events/is-applied.ts'
import type { Tables } from '../schema/tables.ts'
import { wantedIds } from './letter-conditions.ts'

/** A dead letter in a list. */
interface ListedRow {
  readonly id: number | string
  readonly topic: string
  readonly partition: number
  readonly offset: number | string
  readonly event_source: string | null
  readonly event_id: string | null
  readonly read_source: string | null
  readonly read_id: string | null
  /** In a list its beginning. */
  readonly key: Uint8Array | null
  readonly type: string | null
  readonly plugin: string | null
  readonly handler: string | null
  readonly code: string
  readonly message: string
  readonly remedy: string | null
  readonly size: number | string | null
  readonly at: Date
  readonly followed_by: number
}

interface Row extends ListedRow {
  readonly value: Uint8Array | null
  readonly headers: Record<string, string>
  readonly recorded_at: Date
  readonly to_cut: boolean
}

// Earlier versions kept sentences of any length.
const listed =
  sql.raw(`id, topic, partition, "offset", event_source, event_id, read_source, read_id, type, plugin, handler, code, remedy,
  left(message, ${coreLimits.LETTER_MESSAGE.most}) as message, at, (followed_by + coalesce(events - followed_from, 0))::int as followed_by`)
const letters = sql.raw('dead_letter left join letter_key on hash = key_hash')

/** Dead letters without their records, the newest first. */
export async function listDeadLetters(
  db: Kysely<Tables>,
  query: DeadLetterQuery,
  salt: string,
): Promise<readonly ListedLetter[]> {
  const ids = await wantedIds(db, query, salt)
  const { rows } =
    await sql<ListedRow>`select ${listed}, size, substring(key from 1 for ${coreLimits.LETTER_KEY_SHOWN.most + 1}::int) as key
    from ${letters} where id = any(array(${ids})) order by id desc`.execute(db)
  return rows.map((row) => {
    const key = shownKey(row.key)
    return { ...listedOf(row), ...(key !== undefined && { key }) }
  })
}

/** One dead letter; with `bytes`, at most that many of its value, and its size where that is not all. */
export async function findDeadLetter(db: Kysely<Tables>, id: number, bytes?: number): Promise<KeptLetter | undefined> {
  const value = bytes === undefined ? sql`value` : sql`substring(value from 1 for ${bytes}::int) as value`
  const whole = sql`octet_length(value) + coalesce(octet_length(key), 0)
    + (select coalesce(sum(octet_length(h.key) + octet_length(h.value)), 0) from jsonb_each_text(headers) h)`
  const size =
    bytes === undefined
      ? sql`size`
      : sql`coalesce(size, case when octet_length(value) > ${bytes}::int then ${whole} end)`
  const { rows } = await sql<Row>`select ${listed}, key, ${value}, headers, recorded_at, to_cut, ${size} as size
    from ${letters} where id = ${id}::bigint`.execute(db)
  const letter = rows[0] && letterOf(rows[0])
  return letter && (await isRepeated(db, letter)) ? { ...letter, repeated: true } : letter
}

/**
 * Whether its event has been applied in another record. The event of a letter of one plugin was applied when the letter was written; only if
 * its identity was not kept for long enough can it have been applied again.
 */
async function isRepeated(db: Kysely<Tables>, { event, identity: { source, id } = {}, at }: KeptLetter) {
  if (event !== undefined) return isApplied(db, event, at)
  return source !== undefined && id !== undefined && isApplied(db, { source, id })
}

/** The hash of the key by which later events follow a dead letter, as far as there is one. */
export async function followedHashes(db: Kysely<Tables>, id: number): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`select encode(key_hash, 'hex') as name from dead_letter
    where id = ${id}::bigint and key_hash is not null`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

/** Writes why it failed this time; returns whether it was there. */
export async function updateReason(
  db: Kysely<Tables>,
  id: number,
  { code, message, remedy }: DeadLetter,
): Promise<boolean> {
  const { rows } = await sql`update dead_letter set code = ${code}, message = ${storable(clipMessage(message))},
    remedy = ${remedy === undefined ? null : storable(clipMessage(remedy))} where id = ${id}::bigint returning 1`.execute(
    db,
  )
  return rows.length > 0
}

/** Removes a dead letter; returns whether it was there. */
export async function removeDeadLetter(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { rows } = await sql`delete from dead_letter where id = ${id}::bigint returning 1`.execute(db)
  return rows.length > 0
}

function listedOf(row: ListedRow): ListedLetter {
  const { topic, partition, code, message, remedy, type, plugin, handler, size } = row
  return {
    id: Number(row.id),
    topic,
    partition,
    offset: Number(row.offset),
    code,
    message,
    ...(remedy !== null && { remedy }),
    ...(type !== null && { type }),
    ...(plugin !== null && { plugin }),
    ...(handler !== null && { handler }),
    ...(row.event_source !== null &&
      row.event_id !== null && { event: { source: row.event_source, id: row.event_id } }),
    ...((row.read_source !== null || row.read_id !== null) && {
      identity: {
        ...(row.read_source !== null && { source: row.read_source }),
        ...(row.read_id !== null && { id: row.read_id }),
      },
    }),
    ...(size !== null && { size: Number(size) }),
    at: row.at.toISOString(),
    followedBy: row.followed_by,
  }
}

function letterOf(row: Row): KeptLetter {
  const { key, value, headers } = row
  const letter = { ...listedOf(row), key, value, headers, timestamp: row.recorded_at.getTime() }
  return row.to_cut ? { ...letter, ...cutLetter(letter) } : letter
}
