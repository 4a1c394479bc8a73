import { postgresForTests } from '@belfry/test-services'
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll } from 'vitest'
import { type Database, openPGlite, openPostgres } from '../src/index.ts'
import { withoutRequestTimeouts } from './without-request-timeouts.ts'

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
      return Object.assign(withoutRequestTimeouts(database), { close: async () => {} })
    },
  }
}

/**
 * Takes everything out of a database, and counts from one again. It is asked for thousands of times: on tables with next to nothing in
 * them, deleting takes a tenth of the time of TRUNCATE, which makes all their files anew.
 */
export async function emptied({ background: db }: Database): Promise<void> {
  const known = statements.get(db) ?? (await emptying(db))
  statements.set(db, known)
  await known.execute(db)
}

const statements = new WeakMap<object, RawBuilder<unknown>>()

async function emptying(db: Database['db']): Promise<RawBuilder<unknown>> {
  const tables = (await db.introspection.getTables()).filter(({ name }) => name !== 'store')
  return sql.raw(`do $$ begin
    ${tables.map(({ name }) => `delete from "${name}";`).join(' ')}
    perform setval(oid::regclass, 1, false) from pg_class where relkind = 'S' and relnamespace = current_schema::regnamespace;
  end $$`)
}

/** Each engine by name, with how to open an empty database of it, for up to ten at once. */
export const engines: readonly (readonly [string, (() => Promise<Database>) | undefined])[] = [
  ['PGlite', () => openPGlite()],
  [
    'Postgres',
    postgres && (async () => openPostgres({ url: await postgres.createDatabase(), backgroundPoolSize: 10 })),
  ],
]
