import type { Chunk, Position, SourceRecord } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { records } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'
import { type LogTopic, PARTITION } from './log-topics.ts'

/** Where these topics end. */
export async function readEnds(db: Kysely<Tables>, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } =
    await sql<Position>`select topic, next from event_log_end where topic = any(${[...names]}::text[])`.execute(db)
  return new Map(rows.map(({ topic, next }) => [topic, Number(next)]))
}

interface Taken {
  readonly topic: string
  /** Where the topic ends. */
  readonly end: number | string | null
  /** Absent where there is nothing to take. */
  readonly offset: number | string | null
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
  readonly at: Date
}

/**
 * Takes the next records of each topic, the limit shared among them, and moves `next` of each: never beyond the end as it is now, which
 * may have gone back.
 */
export async function takeRecords(
  db: Kysely<Tables>,
  waiting: readonly LogTopic[],
  limit: number,
): Promise<readonly Chunk[]> {
  const share = Math.max(1, Math.floor(limit / waiting.length))
  const turns = waiting.slice(0, limit).map((topic) => {
    const { name, next, end } = topic
    return { topic, known: end, range: { topic: name, from: next, until: Math.min(next + share, end) } }
  })
  // Each range by itself and with a limit, or the whole of a backlog would be read.
  const { rows } = await sql<Taken>`
    select r.topic, e.next as "end", l."offset", l.key, l.value, l.headers, l.at
    from ${records(
      turns.map(({ range }) => range),
      'topic text, "from" bigint, until bigint',
    )}
    left join event_log_end e on e.topic = r.topic and e.partition = ${PARTITION}
    left join lateral (select * from event_log l where l.topic = r.topic and l.partition = ${PARTITION}
      and l."offset" >= r."from" and l."offset" < least(r.until, e.next) order by l."offset" limit ${share}) l on true
    order by r.topic, l."offset"`.execute(db)
  const found = Map.groupBy(rows, ({ topic }) => topic)
  return turns.flatMap(({ topic, known, range: { from, until } }) => {
    const own = found.get(topic.name) ?? []
    const end = Number(own[0]?.end ?? 0)
    // Unless something has been appended since.
    if (end < until && topic.end === known) topic.end = end
    const next = Math.min(until, end)
    if (next <= from) return []
    topic.next = next
    return { topic: topic.name, partition: PARTITION, from, next, records: own.flatMap(recordOf) }
  })
}

const recordOf = ({ offset, key, value, headers, at }: Taken): SourceRecord | readonly [] =>
  offset === null
    ? []
    : { offset: Number(offset), timestamp: at.getTime(), key: Buffer.from(key), value: Buffer.from(value), headers }
