import type { Blocked } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { storable } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'

/** What stands for a plugin where the record itself is to blame. */
const RECORD = ''

/** Keeps in mind that a plugin is not to be given an event, or a record not to be decoded, and why it was the last time. */
export async function block(
  db: Kysely<Tables>,
  { topic, partition, offset, plugin = RECORD, why }: Blocked,
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

/** What plugins are not to be given of these topics, and what is not to be decoded, as far as it is not applied yet. */
export async function readBlocked(db: Kysely<Tables>, topics: readonly string[]): Promise<readonly Blocked[]> {
  const { rows } = await sql<Required<Blocked>>`select b.topic, b.partition, b."offset", b.plugin, b.why
    from blocked b left join position p using (topic, partition)
    where topic = any(${[...topics]}::text[]) and b."offset" >= coalesce(p.next, 0) order by 1, 2, 3, 4`.execute(db)
  return rows.map(({ plugin, offset, ...row }) => ({
    ...{ ...row, offset: Number(offset) },
    ...(plugin !== RECORD && { plugin }),
  }))
}

/** Forgets what is applied by now; answers how much. */
export async function forgetBlocked(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql`delete from blocked b using position p
    where p.topic = b.topic and p.partition = b.partition and b."offset" < p.next returning 1`.execute(db)
  return rows.length
}
