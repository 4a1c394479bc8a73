import type { NewRecord } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { records } from '../connect/records.ts'
import { transact } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'
import { PARTITION } from './log-topics.ts'

/**
 * Appends, all or nothing, and returns the topics' new ends. Offsets come from a row that stays locked until the commit, so a reader
 * never sees an offset before the ones below it.
 */
export async function appendRecords(
  db: Kysely<Tables>,
  batch: readonly NewRecord[],
  at: Date,
): Promise<ReadonlyMap<string, number>> {
  const counts = [...Map.groupBy(batch, ({ topic }) => topic)].map(([topic, some]) => ({ topic, count: some.length }))
  return transact(db, async (trx) => {
    const { rows } = await sql<{
      topic: string
      next: number | string
    }>`insert into event_log_end as e (topic, partition, next)
      select r.topic, ${PARTITION}, r.count from ${records(counts, 'topic text collate "C", count bigint')} order by 1
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
