import {
  type Chunk,
  coreErrors,
  type NewRecord,
  type Position,
  type Publisher,
  type Source,
  type SourceRecord,
} from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

/** Each topic has one partition: its events keep their order, and topics do not wait for one another. */
const PARTITION = 0

interface Topic {
  readonly name: string
  /** The next offset to take. */
  next: number
  /** The offset after the last that is known to be there. */
  end: number
  running: boolean
}

/** The embedded log: a source and a publisher on the table event_log. `clock` answers milliseconds since 1970. */
export function createLog(
  { db }: Database,
  { clock = Date.now }: { readonly clock?: () => number } = {},
): { readonly source: Source; readonly publisher: Publisher } {
  const topics = new Map<string, Topic>()
  let closed = false
  let wake = () => {}

  const source: Source = {
    async open(names, beginAt) {
      const positions = await beginAt(names.map((topic) => ({ topic, partition: PARTITION, next: 0 })))
      const ends = await readEnds(db, names)
      for (const { topic, next } of positions)
        topics.set(topic, { name: topic, next, end: ends.get(topic) ?? 0, running: false })
    },
    async take(limit) {
      for (;;) {
        if (closed) return []
        const waiting = [...topics.values()].filter(({ running, next, end }) => running && next < end)
        if (waiting.length > 0) return asLogErrors(() => takeFrom(db, waiting, limit))
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    },
    advance() {},
    rewind({ topic, next }: Position) {
      const found = topics.get(topic)
      if (found) found.next = next
      wake()
    },
    pause(topic) {
      const found = topics.get(topic)
      if (found) found.running = false
    },
    resume(topic) {
      const found = topics.get(topic)
      if (found) found.running = true
      wake()
    },
    async progress() {
      return [...topics.values()].map(({ name, next, end }) => ({ topic: name, partition: PARTITION, next, end }))
    },
    async close() {
      closed = true
      wake()
    },
  }

  const publisher: Publisher = {
    async publish(batch) {
      if (batch.length === 0) return
      const ends = await asLogErrors(() => append(db, batch, new Date(clock())))
      for (const [topic, end] of ends) {
        const found = topics.get(topic)
        if (found) found.end = Math.max(found.end, end)
      }
      wake()
    },
  }
  return { source, publisher }
}

async function readEnds(db: Kysely<Tables>, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } =
    await sql<Position>`select topic, next from event_log_end where topic = any(${[...names]}::text[])`.execute(db)
  return new Map(rows.map(({ topic, next }) => [topic, Number(next)]))
}

/** The next records of each topic, the limit shared among them, and moves what is next. */
async function takeFrom(db: Kysely<Tables>, waiting: readonly Topic[], limit: number): Promise<readonly Chunk[]> {
  const share = Math.max(1, Math.floor(limit / waiting.length))
  const turns = waiting.slice(0, limit)
  const ranges = turns.map(({ name, next, end }) => ({ topic: name, from: next, until: Math.min(next + share, end) }))
  const { rows } = await sql<{
    topic: string
    offset: number | string
    key: string
    value: string
    headers: Record<string, string>
    at: Date
  }>`
    select l.topic, l."offset", l.key, l.value, l.headers, l.at
    from ${records(ranges, 'topic text, "from" bigint, until bigint')}
    join event_log l on l.topic = r.topic and l.partition = ${PARTITION} and l."offset" >= r."from" and l."offset" < r.until
    order by l.topic, l."offset"`.execute(db)
  const found = Map.groupBy(rows, ({ topic }) => topic)
  return ranges.map(({ topic, from, until }, index) => {
    const turn = turns[index]
    if (turn) turn.next = until
    const taken = (found.get(topic) ?? []).map(
      ({ offset, key, value, headers, at }): SourceRecord => ({
        offset: Number(offset),
        timestamp: at.getTime(),
        key: Buffer.from(key),
        value: Buffer.from(value),
        headers,
      }),
    )
    return { topic, partition: PARTITION, from, next: until, records: taken }
  })
}

/**
 * Appends, all or nothing; answers the topics' new ends. Offsets come from a row that stays locked until the commit, so a reader
 * never sees an offset before the ones below it.
 */
async function append(db: Kysely<Tables>, batch: readonly NewRecord[], at: Date): Promise<ReadonlyMap<string, number>> {
  const counts = [...Map.groupBy(batch, ({ topic }) => topic)].map(([topic, some]) => ({ topic, count: some.length }))
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{
      topic: string
      next: number | string
    }>`insert into event_log_end as e (topic, partition, next)
      select r.topic, ${PARTITION}, r.count from ${records(counts, 'topic text, count bigint')} order by 1
      on conflict (topic, partition) do update set next = e.next + excluded.next returning topic, next`.execute(trx)
    const ends = new Map(rows.map(({ topic, next }) => [topic, Number(next)]))
    const nexts = new Map(counts.map(({ topic, count }) => [topic, (ends.get(topic) ?? 0) - count]))
    const numbered = batch.map((record) => {
      const offset = nexts.get(record.topic) ?? 0
      nexts.set(record.topic, offset + 1)
      return { ...record, offset }
    })
    await sql`insert into event_log (topic, partition, "offset", key, value, headers, at)
      select topic, ${PARTITION}, "offset", key, value, headers, ${at.toISOString()}::timestamptz
      from ${records(numbered, 'topic text, "offset" bigint, key text, value text, headers jsonb')}`.execute(trx)
    return ends
  })
}

async function asLogErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw coreErrors.LOG_UNAVAILABLE({ why: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}
