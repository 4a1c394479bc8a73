import type { DeadLetter, DeadLetterQuery, Entry, KeptLetter } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { News, Origin, Place } from './reads.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

const columns = `topic text, partition int, "offset" bigint, event_source text, event_id text, type text, plugin text, handler text,
  code text, message text, key text, value text, headers text, recorded_at timestamptz, followed_by int`

/** Keeps what could not be told, with its original bytes. */
export class LetterWriter {
  readonly #trx: Transaction<Tables>
  readonly #at: number
  #waiting: object[] = []
  readonly #written: (number | string)[] = []

  /** `at` is milliseconds since 1970. */
  constructor(trx: Transaction<Tables>, at: number) {
    this.#trx = trx
    this.#at = at
  }

  /** Takes the dead letters of an entry; `later` are those that come after it in its slice. */
  add({ topic, partition }: Place, { offset, event, deadLetters }: Entry, later: readonly Entry[]): void {
    for (const letter of deadLetters)
      this.#waiting.push({
        ...{ topic, partition, offset, event_source: event?.source, event_id: event?.id },
        ...rowOf(letter),
        followed_by: later.filter((one) => isOfKey(one.event?.key, letter.key)).length,
      })
  }

  /** Writes what was added since the last time. */
  async write(): Promise<void> {
    this.#written.push(...(await insert(this.#trx, this.#waiting, this.#at)))
    this.#waiting = []
  }

  /** Counts, for the dead letters of these keys that were there before, the events that have now been applied after them. */
  async follow(news: News, lettered: ReadonlySet<string>): Promise<void> {
    if (lettered.size === 0) return
    const rows = [...keysOf(news)].flatMap(([name, key]) => (lettered.has(name) ? key : []))
    if (rows.length === 0) return
    // Locked in order, so that two transactions never wait for each other crosswise.
    await sql`with followed as materialized (
        select d.id, r.count from ${records(rows, 'topic text, key text, count int')}
        join dead_letter d on d.key = decode(r.key, 'hex') and d.topic = r.topic
        where not d.id = any(${this.#written}::bigint[]) order by d.id for update of d)
      update dead_letter d set followed_by = d.followed_by + followed.count from followed where d.id = followed.id`.execute(
      this.#trx,
    )
  }
}

/** The keys of events by a name for each, as they are written (hexadecimal), and how many events there are of each. */
export function keysOf(news: News): ReadonlyMap<string, { topic: string; key: string; count: number }> {
  const keys = new Map<string, { topic: string; key: string; count: number }>()
  for (const { topic, entries } of news)
    for (const { event } of entries) {
      if (event === undefined) continue
      const key = hex(Buffer.from(event.key))
      const name = `${key} ${topic}`
      keys.set(name, { topic, key, count: (keys.get(name)?.count ?? 0) + 1 })
    }
  return keys
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
  await insert(trx, [{ topic, partition, offset, event_source, event_id, ...rowOf(letter), followed_by: 0 }], at)
}

async function insert(
  trx: Transaction<Tables>,
  rows: readonly object[],
  at: number,
): Promise<readonly (number | string)[]> {
  if (rows.length === 0) return []
  const inserted = await sql<{
    id: number | string
  }>`insert into dead_letter (topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message, key, value, headers, recorded_at, at, followed_by)
    select topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message,
      decode(key, 'hex'), decode(value, 'hex'), headers::jsonb, recorded_at, ${new Date(at).toISOString()}::timestamptz, followed_by
    from ${records(rows, columns)} returning id`.execute(trx)
  return inserted.rows.map(({ id }) => id)
}

function rowOf({ key, value, headers, timestamp, code, message, plugin, handler, type }: DeadLetter) {
  const texts = Object.entries(headers).map(([name, text]) => [storable(name), storable(text)])
  return {
    ...{ type, plugin, handler, code, message: storable(message), key: key && hex(key), value: value && hex(value) },
    ...{ headers: JSON.stringify(Object.fromEntries(texts)), recorded_at: new Date(timestamp) },
  }
}

const isOfKey = (key: string | undefined, bytes: Uint8Array | null): boolean =>
  key !== undefined && bytes !== null && Buffer.from(key).equals(bytes)

interface Row {
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
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Record<string, string>
  readonly recorded_at: Date
  readonly at: Date
  readonly followed_by: number
}

/** Dead letters, the newest first. */
export async function listDeadLetters(
  db: Kysely<Tables>,
  { limit, before, plugin, code }: DeadLetterQuery,
): Promise<readonly KeptLetter[]> {
  const { rows } = await sql<Row>`select * from dead_letter
    where (${before ?? null}::bigint is null or id < ${before ?? null}::bigint)
      and (${plugin ?? null}::text is null or plugin = ${plugin ?? null}::text)
      and (${code ?? null}::text is null or code = ${code ?? null}::text)
    order by id desc limit ${limit}`.execute(db)
  return rows.map(letterOf)
}

/** One dead letter. */
export async function findDeadLetter(db: Kysely<Tables>, id: number): Promise<KeptLetter | undefined> {
  const { rows } = await sql<Row>`select * from dead_letter where id = ${id}::bigint`.execute(db)
  return rows[0] && letterOf(rows[0])
}

/** Notes why it failed this time; answers whether it was there. */
export async function updateReason(db: Kysely<Tables>, id: number, { code, message }: DeadLetter): Promise<boolean> {
  const { rows } =
    await sql`update dead_letter set code = ${code}, message = ${storable(message)} where id = ${id}::bigint
    returning 1`.execute(db)
  return rows.length > 0
}

/** Removes a dead letter; answers whether it was there. */
export async function removeDeadLetter(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { rows } = await sql`delete from dead_letter where id = ${id}::bigint returning 1`.execute(db)
  return rows.length > 0
}

function letterOf(row: Row): KeptLetter {
  const { topic, partition, code, message, type, plugin, handler, key, value, headers } = row
  return {
    ...{ id: Number(row.id), topic, partition, offset: Number(row.offset), code, message, key, value, headers },
    ...(type !== null && { type }),
    ...(plugin !== null && { plugin }),
    ...(handler !== null && { handler }),
    ...(row.event_source !== null &&
      row.event_id !== null && { event: { source: row.event_source, id: row.event_id } }),
    ...{ timestamp: row.recorded_at.getTime(), at: row.at.toISOString(), followedBy: row.followed_by },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What is kept to be read by people may show a replacement for what Postgres refuses: the bytes are kept as they were. */
/** What Postgres can keep of a text. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
