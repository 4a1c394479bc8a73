import type { Blocked } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Keeps in mind that a plugin is not to be given an event. */
export async function block(db: Kysely<Tables>, { topic, partition, offset, plugin, why }: Blocked): Promise<void> {
  await sql`insert into blocked (topic, partition, "offset", plugin, why)
    values (${topic}, ${partition}::int, ${offset}::bigint, ${plugin}, ${why}) on conflict do nothing`.execute(db)
}

/** What plugins are not to be given, of these topics, from their positions on. */
export async function readBlocked(db: Kysely<Tables>, topics: readonly string[]): Promise<readonly Blocked[]> {
  const { rows } = await sql<Blocked>`select b.topic, b.partition, b."offset", b.plugin, b.why from blocked b
    left join position p using (topic, partition)
    where b.topic = any(${[...topics]}::text[]) and b."offset" >= coalesce(p.next, 0)`.execute(db)
  return rows.map((row) => ({ ...row, offset: Number(row.offset) }))
}

/** Forgets what partitions are applied beyond. */
export async function forgetBlocked(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql`delete from blocked b using position p
    where p.topic = b.topic and p.partition = b.partition and b."offset" < p.next returning 1`.execute(db)
  return rows.length
}
