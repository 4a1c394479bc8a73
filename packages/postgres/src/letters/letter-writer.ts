import type { Entry, KeptLetter } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { type Row, records } from '../connect/records.ts'
import type { Origin, Place } from '../events/entries.ts'
import type { Tables } from '../schema/tables.ts'
import { countKeys, followedKey } from './letter-keys.ts'
import { type LetterRow, type LetterRows, letterRowOf } from './letter-rows.ts'

const columns = `topic text, partition int, "offset" bigint, event_source text, event_id text, type text, plugin text, handler text,
  code text, message text, remedy text, read_source text, read_id text, key text, value text, headers text, recorded_at timestamptz, size bigint,
  to_cut boolean, named text, key_hash text, followed_from bigint`

/** One statement writes about this many bytes of dead letters: a larger one might not fit into a text. */
const BYTES_PER_STATEMENT = 16_777_216

/** Writes the dead letters of one transaction, with the original bytes of their records. */
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
   * Counts events for the letters that there were before: `countEvents` returns them by the hashes of their keys. Keys stay locked until
   * the commit, in one order, before anything else is locked by name.
   */
  static async begin(
    trx: Transaction<Tables>,
    at: number,
    rows: LetterRows,
    {
      keysWithDeadLetters,
      countEvents,
    }: { readonly keysWithDeadLetters: ReadonlySet<string>; readonly countEvents: () => ReadonlyMap<string, number> },
  ): Promise<LetterWriter> {
    const keys = new Set([...keysWithDeadLetters, ...[...rows.values()].flatMap(({ key }) => key ?? [])])
    if (keys.size === 0) return new LetterWriter(trx, at, rows, new Map())
    const events = countEvents()
    const counts = await countKeys(trx, new Map([...keys].map((key) => [key, events.get(key) ?? 0])))
    return new LetterWriter(trx, at, rows, counts)
  }

  /** Adds the dead letters of an entry; `later` are the entries that come after it in its slice. */
  add({ topic, partition }: Place, { offset, event, deadLetters }: Entry, later: readonly Entry[]): void {
    for (const letter of deadLetters) {
      const row = this.#rows.get(letter)
      if (row === undefined) throw new Error('a dead letter has no row')
      const columns = {
        topic,
        partition,
        offset,
        event_source: event?.source,
        event_id: event?.id,
        ...row.columns,
        followed_from: row.key === undefined ? 0 : this.#countBefore(row.key, followedKey(event, letter), later),
      }
      this.#waiting.push({ ...row, columns })
    }
  }

  /** Writes what was added since the last write. */
  async write(): Promise<void> {
    for (let from = 0; from < this.#waiting.length; ) {
      let to = from
      for (let bytes = 0; to < this.#waiting.length && bytes < BYTES_PER_STATEMENT; to++)
        bytes += this.#waiting[to]?.bytes ?? 0
      const rows = this.#waiting.slice(from, to).map(({ columns }) => columns)
      await insert(this.#trx, rows, this.#at)
      from = to
    }
    this.#waiting = []
  }

  /** The count of its key before those of its events that come later. */
  #countBefore(key: string, bytes: Uint8Array | null, later: readonly Entry[]): number {
    return (this.#counts.get(key) ?? 0) - later.filter((one) => isOfKey(one.event?.key, bytes)).length
  }
}

/** Writes the dead letter of what was given up long after its record was applied: it has no bytes any more. */
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
    remedy,
  }: Origin & Pick<KeptLetter, 'code' | 'message' | 'remedy'> & { plugin: string },
  at: number,
): Promise<void> {
  const letter = {
    code,
    message,
    ...(remedy !== undefined && { remedy }),
    plugin,
    type: event.type,
    key: null,
    value: null,
    headers: {},
    timestamp: Date.parse(event.time),
  }
  const { source: event_source, id: event_id } = event
  // Without its bytes it names no person, whatever the salt is, and cannot be retried, whatever follows it.
  const { columns } = letterRowOf(topic, letter, undefined, '')
  await insert(trx, [{ topic, partition, offset, event_source, event_id, ...columns, followed_from: 0 }], at)
}

async function insert(trx: Transaction<Tables>, rows: readonly Row[], at: number): Promise<void> {
  if (rows.length === 0) return
  await sql`insert into dead_letter (topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message, remedy, read_source, read_id, key, value, headers, recorded_at, at, size, to_cut, named, key_hash, followed_from)
    select topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message, remedy, read_source, read_id,
      decode(key, 'hex'), decode(value, 'hex'), headers::jsonb, recorded_at, ${new Date(at).toISOString()}::timestamptz, size, to_cut, named::bigint[],
      decode(key_hash, 'hex'), followed_from
    from ${records(rows, columns)}`.execute(trx)
}

const isOfKey = (key: string | undefined, bytes: Uint8Array | null): boolean =>
  key !== undefined && bytes !== null && Buffer.from(key).equals(bytes)
