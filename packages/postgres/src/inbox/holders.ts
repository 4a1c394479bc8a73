import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/**
 * People who hold notifications under a key, in order, behind the person `after`. Each is found by one descent into the index, or the
 * planner would read and sort all holders for every step.
 */
export async function holdersOf(
  trx: Transaction<Tables>,
  { plugin, key, after }: { readonly plugin: string; readonly key: string; readonly after: string },
  limit: number,
): Promise<readonly string[]> {
  const next = (beyond: RawBuilder<unknown>) => sql`select n.person from notification n
    where n.plugin = ${plugin} and n.key = ${key} and not n.withdrawn and n.person > ${beyond} order by n.person limit 1`
  const { rows } = await sql<{ person: string }>`with recursive holder as (
      (${next(sql`${after}::text`)}) union all
      select (${next(sql`holder.person`)}) from holder where holder.person is not null)
    select person from holder where person is not null limit ${limit}`.execute(trx)
  return rows.map(({ person }) => person)
}
