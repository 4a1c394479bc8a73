import { randomUUID } from 'node:crypto'
import type { PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** The statements that take their rows from `records` contain this. */
const RECORDS = 'from unnest((select '

/** The SQLSTATE where the server has no prepared statement of this name: all of them were deallocated. */
const INVALID_STATEMENT_NAME = '26000'

/**
 * A connection on which the server parses and plans a statement once where its rows come as arrays (`records`): its plan is the
 * same for one row and for two thousand. Done each time, that is nearly half of what a small batch costs the server. A connection whose
 * statements were deallocated is cut: it would use their names for as long as it lasts.
 */
export function prepared(client: pg.PoolClient, cut: () => void): PostgresPoolClient {
  // A pooler may hand sessions on as the last client has left them: no statement there has one of these names.
  const session = randomUUID()
  /** The name of each statement. There are some dozens of statements in all. */
  const names = new Map<string, string>()
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `${session}-${names.size + 1}`
    names.set(text, name)
    return name
  }
  const { stream } = client.connection
  const query = async (text: string, values: readonly unknown[] = []) => {
    // Statements that are executed together arrive here one microtask after the other: they leave in one write.
    stream.cork()
    queueMicrotask(() => stream.uncork())
    if (!text.includes(RECORDS)) return client.query(text, [...values])
    try {
      return await client.query({ name: nameOf(text), text, values: [...values] })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === INVALID_STATEMENT_NAME) cut()
      throw error
    }
  }
  return Object.assign<PostgresPoolClient, object>(Object.create(client), { query })
}
