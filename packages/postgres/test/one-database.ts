import { sql } from 'kysely'
import { afterAll, beforeAll } from 'vitest'
import { type Database, openPGlite } from '../src/index.ts'

/** One database for a file of tests, because opening one takes a second; each test asks for it empty, and its `close` closes nothing. */
export function oneDatabase(): { readonly empty: () => Promise<Database> } {
  let database: Database
  beforeAll(async () => {
    database = await openPGlite()
  })
  afterAll(() => database.close())
  return {
    async empty() {
      const tables = await database.db.introspection.getTables()
      const names = tables.map(({ name }) => name).filter((name) => name !== 'store')
      await sql`truncate ${sql.raw(names.map((name) => `"${name}"`).join(', '))} restart identity`.execute(database.db)
      return { db: database.db, close: async () => {} }
    },
  }
}
