import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { isMissing } from '../is-missing.ts'
import { findPrograms, startPostgres } from './postgres-server.ts'

/** A Postgres in which tests create databases. */
export interface PostgresForTests {
  createDatabase(): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Returns the Postgres that BELFRY_TEST_POSTGRES names (with a user that is allowed to create databases), or one that it starts for these
 * tests. Returns undefined if neither is possible, so that the tests can be skipped; if CI is set, that is an error.
 */
export async function postgresForTests(): Promise<PostgresForTests | undefined> {
  const named = process.env.BELFRY_TEST_POSTGRES
  const name = () => `belfry_test_${randomBytes(6).toString('hex')}`
  if (named !== undefined && named !== '') {
    const made: string[] = []
    const run = async (statement: string) => {
      const client = new Client({ connectionString: named })
      await client.connect()
      await client.query(statement).finally(() => client.end())
    }
    return {
      async createDatabase() {
        const database = name()
        await run(`create database ${database}`)
        made.push(database)
        const url = new URL(named)
        url.pathname = `/${database}`
        return url.href
      },
      async [Symbol.asyncDispose]() {
        for (const database of made) await run(`drop database if exists ${database} with (force)`)
      },
    }
  }
  if (isMissing(findPrograms())) return undefined
  if (findPrograms() === undefined)
    throw new Error('Postgres is missing: install it (initdb and postgres on the PATH), or set BELFRY_TEST_POSTGRES')
  const server = await startPostgres()
  return {
    createDatabase: () => server.createDatabase(name()),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
