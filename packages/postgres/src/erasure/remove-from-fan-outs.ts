import { sql, type Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** Removes a person from these fan-outs, which have not reached everyone yet. */
export async function removeFromFanOuts(
  trx: Transaction<Tables>,
  person: string,
  fanOuts: readonly (number | string)[],
): Promise<void> {
  if (fanOuts.length === 0) return
  const those = sql`any(${[...fanOuts]}::bigint[])`
  await sql`update fanout_people set people = array_remove(people, ${person})
    where fanout = ${those} and ${person} = any(people)`.execute(trx)
  await sql`update fanout set except_people = array_remove(except_people, ${person})
    where id = ${those} and ${person} = any(except_people)`.execute(trx)
}
