import { postgresForTests } from '@belfry/test-services'
import { sql } from 'kysely'
import { afterAll, beforeAll } from 'vitest'
import { type Database, openPGlite, openPostgres } from '../src/index.ts'

/** The engines that the store is tested on. Postgres is left out where there is none, except under CI. */
export const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** One database for a file of tests, because opening one takes a second; each test asks for it empty, and its `close` closes nothing. */
export function oneDatabase(open: () => Promise<Database>): { readonly empty: () => Promise<Database> } {
  let database: Database
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database?.close())
  return {
    async empty() {
      await emptied(database)
      return {
        ...database,
        get epoch() {
          return database.epoch
        },
        close: async () => {},
      }
    },
  }
}

/** Takes everything out of a database. */
export async function emptied({ db }: Database): Promise<void> {
  const tables = await db.introspection.getTables()
  const names = tables.map(({ name }) => name).filter((name) => name !== 'store')
  await sql`truncate ${sql.raw(names.map((name) => `"${name}"`).join(', '))} restart identity`.execute(db)
}

/** Each engine by name, with how to open an empty database of it. */
export const engines: readonly (readonly [string, (() => Promise<Database>) | undefined])[] = [
  ['PGlite', () => openPGlite()],
  ['Postgres', postgres && (async () => openPostgres({ url: await postgres.createDatabase() }))],
]
