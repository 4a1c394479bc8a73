import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { prepared } from './prepared.ts'

export interface PoolOptions {
  readonly connection: pg.ClientConfig
  /** The highest number of connections. */
  readonly size: number
  /** Milliseconds to wait for a connection. */
  readonly connectTimeoutMs: number
  /** Milliseconds that one call or transaction may hold a connection; then the connection is cut, as its server may never answer. */
  readonly maxHoldMs: number
  /** Whether sessions are kept, so that statements can be prepared. */
  readonly keepsSessions: boolean
  /** Runs on each connection before its first use; a connection that fails it is destroyed. */
  readonly begin: (client: pg.PoolClient) => Promise<void>
  /** The same before each later use. */
  readonly refresh: (client: pg.PoolClient) => Promise<void>
}

/** A pool for Kysely. It returns only connections that are ready for use, and cuts those that do not answer. */
export function createPool({
  connection,
  size,
  connectTimeoutMs,
  maxHoldMs,
  keepsSessions,
  begin,
  refresh,
}: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    ...connection,
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    // A server that is gone without a word is noticed while a connection idles.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    allowExitOnIdle: true,
    // Statements that are given to a connection before the answer to an earlier one are sent at once.
    pipeline: true,
  })
  // A connection that breaks while it idles: the pool has dropped it already.
  pool.on('error', () => {})
  // One that breaks between two statements of its holder is reported by the next one, which fails.
  pool.on('connect', (client) => void client.on('error', () => {}))
  const begun = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      breakAfter(client, maxHoldMs)
      const known = begun.get(client)
      try {
        await (known === undefined ? begin : refresh)(client)
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

/**
 * Ends a connection at once. pg's `end` marks it, so that no other caller gets it, and waits on a pipeline for the answers that are
 * outstanding; its types show it for clients outside of pools only.
 */
function cut(client: pg.PoolClient): void {
  if ('end' in client && typeof client.end === 'function') void client.end()
  client.connection.stream.destroy()
}
