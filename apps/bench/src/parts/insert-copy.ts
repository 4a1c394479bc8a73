import { Client } from 'pg'
import { now } from '../load/now.ts'
import type { Place } from '../stage/services.ts'

/**
 * Copies rows of a table into an empty one with the same columns and indexes, by one insert whose values a client sends as arrays. Returns
 * the seconds that the insert took. `rows` is the name of the table, and a condition.
 */
export async function insertCopy(place: Place, rows: string): Promise<number> {
  const [table = ''] = rows.split(' ')
  const columns = await place.query(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped order by attnum`,
  )
  const names = columns.map(({ name }) => `"${name}"`)
  const client = new Client({ connectionString: place.postgres })
  await client.connect()
  try {
    await client.query(`create table copy (like ${table} including all)`)
    const read = await client.query<unknown[]>({
      text: `select ${names.map((name) => `${name}::text`).join()} from ${rows}`,
      rowMode: 'array',
    })
    const lists = names.map((_, column) => read.rows.map((row) => row[column]))
    const values = columns.map(({ type }, column) => `$${column + 1}::${type}[]`)
    const from = now()
    await client.query(`insert into copy (${names.join()}) select * from unnest(${values.join()})`, lists)
    return (now() - from) / 1_000
  } finally {
    await client.end()
  }
}
