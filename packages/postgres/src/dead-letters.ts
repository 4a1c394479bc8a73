import {
  clipMessage,
  coreLimits,
  cutLetter,
  type DeadLetter,
  type DeadLetterQuery,
  type Entry,
  type KeptLetter,
  type ListedLetter,
} from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { countKeys } from './letter-keys.ts'
import { type LetterRow, type LetterRows, letterRowOf, storable } from './letter-rows.ts'
import type { Origin, Place } from './reads.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

const columns = `topic text, partition int, "offset" bigint, event_source text, event_id text, type text, plugin text, handler text,
  code text, message text, key text, value text, headers text, recorded_at timestamptz, size bigint,
  to_cut boolean, named text, key_hash text, followed_from bigint`

/** One statement writes about so many bytes of dead letters: a larger one might not fit into a text. */
const STATEMENT_BYTES = 16_777_216

/** Keeps what could not be told, with its original bytes. */
export class LetterWriter {
  readonly #trx: Transaction<Tables>
  readonly #at: number
  readonly #rows: LetterRows
  /** What `letter_key` counts, with this transaction, of the keys of these letters. */
  readonly #counts: ReadonlyMap<string, number>
  #waiting: LetterRow[] = []

  /** `at` is milliseconds since 1970; `rows` are those of all letters that are added. */
  private constructor(trx: Transaction<Tables>, at: number, rows: LetterRows, counts: ReadonlyMap<string, number>) {
    this.#trx = trx
    this.#at = at
    this.#rows = rows
    this.#counts = counts
  }

  /**
   * Begins to keep dead letters, and counts these events (by the hashes of their keys) for the letters that there were before. Keys stay
   * locked until the commit, in one order, before anything else is locked by name.
   */
  static async begin(
    trx: Transaction<Tables>,
    at: number,
    rows: LetterRows,
    { lettered, events }: { readonly lettered: ReadonlySet<string>; readonly events: ReadonlyMap<string, number> },
  ): Promise<LetterWriter> {
    const keys = new Set([...lettered, ...[...rows.values()].flatMap(({ key }) => key ?? [])])
    const counts = await countKeys(trx, new Map([...keys].map((key) => [key, events.get(key) ?? 0])))
    return new LetterWriter(trx, at, rows, counts)
  }

  /** Takes the dead letters of an entry; `later` are those that come after it in its slice. */
  add({ topic, partition }: Place, { offset, event, deadLetters }: Entry, later: readonly Entry[]): void {
    for (const letter of deadLetters) {
      const row = this.#rows.get(letter)
      if (row === undefined) throw new Error('a dead letter has no row')
      const columns = {
        ...{ topic, partition, offset, event_source: event?.source, event_id: event?.id },
        ...row.columns,
        followed_from: row.key === undefined ? 0 : this.#countBefore(row.key, letter, later),
      }
      this.#waiting.push({ ...row, columns })
    }
  }

  /** Writes what was added since the last time. */
  async write(): Promise<void> {
    for (let from = 0; from < this.#waiting.length; ) {
      let to = from
      for (let bytes = 0; to < this.#waiting.length && bytes < STATEMENT_BYTES; to++)
        bytes += this.#waiting[to]?.bytes ?? 0
      const rows = this.#waiting.slice(from, to).map(({ columns }) => columns)
      await insert(this.#trx, rows, this.#at)
      from = to
    }
    this.#waiting = []
  }

  /** What its key had counted before those of its events that come later. */
  #countBefore(key: string, letter: DeadLetter, later: readonly Entry[]): number {
    return (this.#counts.get(key) ?? 0) - later.filter((one) => isOfKey(one.event?.key, letter.key)).length
  }
}

/** Keeps what was given up long after its record was applied: its bytes are no longer there. */
export async function writeDeadLetterOf(
  trx: Transaction<Tables>,
  {
    event,
    topic,
    partition,
    offset,
    plugin,
    code,
    message,
  }: Origin & Pick<KeptLetter, 'code' | 'message'> & { plugin: string },
  at: number,
): Promise<void> {
  const letter = {
    code,
    message,
    plugin,
    type: event.type,
    key: null,
    value: null,
    headers: {},
    timestamp: Date.parse(event.time),
  }
  const { source: event_source, id: event_id } = event
  // Without its bytes it names no person, whatever the salt is.
  const { columns } = letterRowOf(topic, letter, true, '')
  await insert(trx, [{ topic, partition, offset, event_source, event_id, ...columns, followed_from: 0 }], at)
}

async function insert(trx: Transaction<Tables>, rows: readonly object[], at: number): Promise<void> {
  if (rows.length === 0) return
  await sql`insert into dead_letter (topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message, key, value, headers, recorded_at, at, size, to_cut, named, key_hash, followed_from)
    select topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message,
      decode(key, 'hex'), decode(value, 'hex'), headers::jsonb, recorded_at, ${new Date(at).toISOString()}::timestamptz, size, to_cut, named::bigint[],
      decode(key_hash, 'hex'), followed_from
    from ${records(rows, columns)}`.execute(trx)
}

const isOfKey = (key: string | undefined, bytes: Uint8Array | null): boolean =>
  key !== undefined && bytes !== null && Buffer.from(key).equals(bytes)

/** What a list has of a dead letter. */
interface ListedRow {
  readonly id: number | string
  readonly topic: string
  readonly partition: number
  readonly offset: number | string
  readonly event_source: string | null
  readonly event_id: string | null
  readonly type: string | null
  readonly plugin: string | null
  readonly handler: string | null
  readonly code: string
  readonly message: string
  readonly size: number | string | null
  readonly at: Date
  readonly followed_by: number
}

interface Row extends ListedRow {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Record<string, string>
  readonly recorded_at: Date
  readonly to_cut: boolean
}

// A version before has kept sentences of any length.
const listed = sql.raw(`id, topic, partition, "offset", event_source, event_id, type, plugin, handler, code,
  left(message, ${coreLimits.LETTER_MESSAGE.most}) as message, at, (followed_by + coalesce(events - followed_from, 0))::int as followed_by`)
const letters = sql.raw('dead_letter left join letter_key on hash = key_hash')

/** Dead letters without their records, the newest first. */
export async function listDeadLetters(
  db: Kysely<Tables>,
  { limit, before, plugin, code }: DeadLetterQuery,
): Promise<readonly ListedLetter[]> {
  // What is not asked for is left out, so that each kind of question has its index.
  const wanted = [
    ...(before === undefined ? [] : [sql`id < ${before}::bigint`]),
    ...(plugin === undefined ? [] : [sql`plugin = ${plugin}::text`]),
    ...(code === undefined ? [] : [sql`code = ${code}::text`]),
  ]
  const { rows } = await sql<ListedRow>`select ${listed}, size from ${letters}
    where ${wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `)} order by id desc limit ${limit}`.execute(db)
  return rows.map(listedOf)
}

/** One dead letter; with `bytes`, no more than so many of its value, and its size where that is not all. */
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
  return rows[0] && letterOf(rows[0])
}

/** Notes why it failed this time; answers whether it was there. */
export async function updateReason(db: Kysely<Tables>, id: number, { code, message }: DeadLetter): Promise<boolean> {
  const { rows } =
    await sql`update dead_letter set code = ${code}, message = ${storable(clipMessage(message))} where id = ${id}::bigint
    returning 1`.execute(db)
  return rows.length > 0
}

/** Removes a dead letter; answers whether it was there. */
export async function removeDeadLetter(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { rows } = await sql`delete from dead_letter where id = ${id}::bigint returning 1`.execute(db)
  return rows.length > 0
}

function listedOf(row: ListedRow): ListedLetter {
  const { topic, partition, code, message, type, plugin, handler, size } = row
  return {
    ...{ id: Number(row.id), topic, partition, offset: Number(row.offset), code, message },
    ...(type !== null && { type }),
    ...(plugin !== null && { plugin }),
    ...(handler !== null && { handler }),
    ...(row.event_source !== null &&
      row.event_id !== null && { event: { source: row.event_source, id: row.event_id } }),
    ...(size !== null && { size: Number(size) }),
    ...{ at: row.at.toISOString(), followedBy: row.followed_by },
  }
}

function letterOf(row: Row): KeptLetter {
  const { key, value, headers } = row
  const letter = { ...listedOf(row), key, value, headers, timestamp: row.recorded_at.getTime() }
  return row.to_cut ? { ...letter, ...cutLetter(letter) } : letter
}
