import type { Blocked } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { storable } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'

/** In the place of a plugin where the record itself is to blame. */
const NO_PLUGIN = ''

/** Keeps that a plugin must not receive an event, or that a record must not be decoded, and why it was blocked the last time. */
export async function block(
  db: Kysely<Tables>,
  { topic, partition, offset, plugin = NO_PLUGIN, why }: Blocked,
): Promise<void> {
  await db
    .insertInto('blocked')
    .values({ topic, partition, offset, plugin, why: storable(why) })
    .onConflict((clash) =>
      clash
        .columns(['topic', 'partition', 'offset', 'plugin'])
        .doUpdateSet({ why: (found) => found.ref('excluded.why') }),
    )
    .execute()
}

/** The events of these topics that plugins must not receive, and the records that must not be decoded, as far as they are not applied yet. */
export async function readBlocked(db: Kysely<Tables>, topics: readonly string[]): Promise<readonly Blocked[]> {
  const { rows } = await sql<Required<Blocked>>`select b.topic, b.partition, b."offset", b.plugin, b.why
    from blocked b left join position p using (topic, partition)
    where topic = any(${[...topics]}::text[]) and b."offset" >= coalesce(p.next, 0) order by 1, 2, 3, 4`.execute(db)
  return rows.map(({ plugin, offset, ...row }) => ({
    ...row,
    offset: Number(offset),
    ...(plugin !== NO_PLUGIN && { plugin }),
  }))
}

/** Deletes what was blocked and is applied by now; returns how many. */
export async function deleteAppliedBlocks(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql`delete from blocked b using position p
    where p.topic = b.topic and p.partition = b.partition and b."offset" < p.next returning 1`.execute(db)
  return rows.length
}
