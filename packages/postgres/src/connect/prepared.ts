import { randomUUID } from 'node:crypto'
import type { PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** What statements have in them that take their rows from `records`. */
const RECORDS = 'json_to_recordset('

/** The server does not know a statement by this name: somebody has made it forget all of them. */
const FORGOTTEN = '26000'

/**
 * A connection on which the server parses and plans a statement once where its rows come as one JSON text (`records`): its plan is the
 * same for one row and for two thousand. Done each time, that is nearly half of what a small batch costs the server. A connection whose
 * statements are forgotten is cut: it would ask for them for as long as it lasts.
 */
export function prepared(client: pg.PoolClient, cut: () => void): PostgresPoolClient {
  // A pooler may hand its sessions on as somebody has left them: nothing there has one of these names.
  const session = randomUUID()
  /** What each statement is called: there are some dozens, whatever is asked. */
  const names = new Map<string, string>()
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `${session}-${names.size + 1}`
    names.set(text, name)
    return name
  }
  const query = async (text: string, values: readonly unknown[] = []) => {
    if (!text.includes(RECORDS)) return client.query(text, [...values])
    try {
      return await client.query({ name: nameOf(text), text, values: [...values] })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === FORGOTTEN) cut()
      throw error
    }
  }
  return Object.assign<PostgresPoolClient, object>(Object.create(client), { query })
}
