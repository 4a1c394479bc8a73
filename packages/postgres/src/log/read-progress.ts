import type { Progress } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { records } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'
import { type LogTopic, PARTITION } from './log-topics.ts'

/** Why a topic is not read whose position is one in Kafka: it means nothing in this log. */
export const strandedAt = (topic: string, next: number): string =>
  `${topic} was read up to ${next} from Kafka, and not yet from the log in the store`

/** Where every topic stands: for those that this process reads by what it has applied, for the others by the store. */
export async function readProgress(
  db: Kysely<Tables>,
  topics: readonly Pick<LogTopic, 'name' | 'owned' | 'applied'>[],
): Promise<readonly Progress[]> {
  const known = topics.map(({ name, owned, applied }) => ({ topic: name, applied: owned ? applied : null }))
  const { rows } = await sql<{
    topic: string
    next: number | string
    end: number | string
    oldest: Date | null
    foreign: boolean
    low: number | string | null
  }>`
    select r.topic, s.next, coalesce(e.next, 0) as "end", l.at as oldest, p.log is not null as "foreign",
      case when p.log is not null then (select min("offset") from event_log
        where topic = r.topic and partition = ${PARTITION}) end as low
    from ${records(known, 'topic text, applied bigint')}
    left join position p on p.topic = r.topic and p.partition = ${PARTITION}
    cross join lateral (select coalesce(r.applied, p.next, 0) as next) s
    left join event_log_end e on e.topic = r.topic and e.partition = ${PARTITION}
    left join event_log l on l.topic = r.topic and l.partition = ${PARTITION} and l."offset" = s.next`.execute(db)
  return rows.map((row) => {
    const [next, ends] = [Number(row.next), Number(row.end)]
    const place = { topic: row.topic, partition: PARTITION, next }
    if (row.foreign)
      return { ...place, end: ends, lag: ends - Number(row.low ?? ends), stranded: strandedAt(row.topic, next) }
    const end = Math.max(next, ends)
    return { ...place, end, lag: end - next, ...(row.oldest !== null && { oldest: row.oldest.getTime() }) }
  })
}
