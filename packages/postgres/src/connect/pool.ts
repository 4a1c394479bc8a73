import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { prepared } from './prepared.ts'

export interface PoolOptions {
  readonly connection: pg.ClientConfig
  /** At most so many connections. */
  readonly size: number
  /** Milliseconds to wait for a connection. */
  readonly connectWithin: number
  /** Milliseconds that one call or transaction may hold a connection; then it is broken, so that a server that says nothing holds nobody up. */
  readonly holdAtMost: number
  /** Sessions are kept, so that the server may be told to remember statements. */
  readonly keepsSessions: boolean
  /** Run on each connection before its first use; a connection that fails it is thrown away. */
  readonly begin: (client: pg.PoolClient) => Promise<void>
  /** The same before each later use. */
  readonly look: (client: pg.PoolClient) => Promise<void>
}

/** A pool for Kysely that hands out no connection that is not ready for use, and lets nobody wait for one that does not answer. */
export function createPool({
  connection,
  size,
  connectWithin,
  holdAtMost,
  keepsSessions,
  begin,
  look,
}: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    ...connection,
    max: size,
    connectionTimeoutMillis: connectWithin,
    // A peer that is gone without a word is noticed while a connection idles.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    allowExitOnIdle: true,
  })
  // A connection that breaks while it idles: the pool has dropped it already, and whoever needs one gets another.
  pool.on('error', () => {})
  // One that breaks while it is held, between two statements: the next statement fails, and says so.
  pool.on('connect', (client) => void client.on('error', () => {}))
  const begun = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      breakAfter(client, holdAtMost)
      const known = begun.get(client)
      try {
        await (known === undefined ? begin : look)(client)
      } catch (error) {
        client.release(true)
        throw error
      }
      const ready = known ?? (keepsSessions ? prepared(client, () => cut(client)) : client)
      begun.set(client, ready)
      return ready
    },
  }
}

/** Ends a connection with whatever is under way on it, unless it is released in time. */
function breakAfter(client: pg.PoolClient, milliseconds: number): void {
  const timer = setTimeout(() => cut(client), milliseconds)
  timer.unref()
  const release = client.release.bind(client)
  client.release = (destroy) => {
    clearTimeout(timer)
    release(destroy)
  }
}

/** pg's `end` cuts the connection where an answer is outstanding. Its types show it for clients outside of pools only. */
const cut = (client: pg.PoolClient): void => void ('end' in client && typeof client.end === 'function' && client.end())
