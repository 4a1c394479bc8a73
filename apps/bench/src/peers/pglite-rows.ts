// Inserts the rows of a Belfry that has ended by hand into the same PGlite: into empty tables with the same columns and indexes, in as many transactions
// as there were batches, with one insert of many rows for each table in each of them. Sends the seconds that this took.
import { PGlite } from '@electric-sql/pglite'

const TABLES = ['event_log', 'event', 'audience_member', 'inbox', 'notification']
const [folder = '', batches = '1'] = process.argv.slice(2)

const database = await PGlite.create(`${folder}/.belfry/pglite`)
const rowsByTable = new Map<string, readonly unknown[]>()
for (const table of TABLES) {
  await database.exec(`create table copy_${table} (like ${table} including all)`)
  const { rows } = await database.query<{ row: unknown }>(`select to_json(t) as row from ${table} t`)
  rowsByTable.set(
    table,
    rows.map(({ row }) => row),
  )
}

const count = Number(batches)
const parameters = Array.from({ length: count }, (_, batch) =>
  TABLES.map((table) => {
    const rows = rowsByTable.get(table) ?? []
    const slice = rows.slice(Math.floor((batch * rows.length) / count), Math.floor(((batch + 1) * rows.length) / count))
    return { table, json: JSON.stringify(slice) }
  }),
)
const from = performance.now()
for (const inserts of parameters)
  await database.transaction(async (transaction) => {
    for (const { table, json } of inserts)
      await transaction.query(
        `insert into copy_${table} overriding system value select * from json_populate_recordset(null::${table}, $1::json)`,
        [json],
      )
  })
process.send?.({ seconds: (performance.now() - from) / 1_000, rows: rowsByTable.get('notification')?.length })
await database.close()
