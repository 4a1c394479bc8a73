import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { BelfryError } from '@belfry/contracts/errors'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { postgresErrors } from '../errors.ts'
import type { Tables } from '../schema/tables.ts'
import { configOf, effective, tlsParametersOf } from './address.ts'
import { findPooler } from './pooler.ts'
import { isPassing } from './store-errors.ts'

/** Where Postgres is, and how to connect to it. */
export interface PostgresOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string
  /** The same database without the pooler, where one in transaction mode stands before `url`. */
  readonly sessionUrl?: string
  /** Connections for requests. */
  readonly poolSize?: number
  /** Connections for operators and probes; 0 where they share those for requests. */
  readonly operatorPoolSize?: number
  /** Connections for the intake and for upkeep. */
  readonly backgroundPoolSize?: number
  /** Milliseconds after which a statement of the intake is given up, and tried again. */
  readonly statementTimeout?: number
  /** Present: connect with TLS. */
  readonly tls?: ConnectionOptions
  /** The database was restored from a copy: another epoch is drawn. */
  readonly restored?: boolean
}

/** The oldest version of Postgres that the statements of this package run on. */
const MIN_VERSION = 15
/** Why a replica cannot be used. */
export const IS_REPLICA = 'the server is a replica, and only reads until it is promoted'

/** The SQLSTATE of connections while Postgres starts, recovers or stops. */
const CANNOT_CONNECT_NOW = '57P03'
/** Milliseconds to wait for a server that is starting, and between two tries. */
const STARTUP_TIMEOUT_MS = 30_000
const STARTUP_RETRY_MS = 250
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Returns how to connect for transactions and for sessions, and whether a pooler in transaction mode stands before the former.
 * @throws TLS_IN_ADDRESS, POSTGRES_UNREACHABLE, POOLER_IN_TRANSACTION_MODE
 */
export async function reach(options: PostgresOptions) {
  const { url, sessionUrl } = options
  const connection = connectionOf(options, url)
  const session = sessionUrl === undefined ? connection : connectionOf(options, sessionUrl)
  const pooled = await isPooled(connection, sessionUrl === undefined)
  if (sessionUrl !== undefined) await isPooled(session, true)
  return { connection, session, pooled }
}

/**
 * Checks that both addresses are of the same database: locks in one would guard nothing in the other.
 * @throws SESSION_URL_ELSEWHERE
 */
export async function expectSameDatabase(connection: pg.ClientConfig, session: pg.ClientConfig): Promise<void> {
  const saltOf = async (config: pg.ClientConfig): Promise<string | undefined> => {
    const client = new pg.Client({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ salt: string }>('select salt from store')
      return rows[0]?.salt
    } catch (error) {
      if (isPassing(error)) throw unreachable(config, error)
      return undefined
    } finally {
      await client.end().catch(() => {})
    }
  }
  const [one, other] = await Promise.all([saltOf(connection), saltOf(session)])
  if (one !== other) throw postgresErrors.SESSION_URL_ELSEWHERE({ url: placeOf(connection), session: placeOf(session) })
}

/** @throws TLS_IN_ADDRESS */
function connectionOf({ tls }: PostgresOptions, url: string): pg.ClientConfig {
  const config = configOf({ tls }, url)
  const parameters = tls === undefined ? [] : tlsParametersOf(url)
  // Whatever else an address may have of that kind, what pg makes of it decides.
  if (tls !== undefined && (parameters.length > 0 || effective({ tls }, url).ssl !== tls))
    throw postgresErrors.TLS_IN_ADDRESS({
      where: placeOf(config),
      parameters: parameters.join(' and ') || 'a parameter',
    })
  return config
}

/** Returns whether a pooler in transaction mode stands before the database; where sessions must be kept, that is an error. */
async function isPooled(connection: pg.ClientConfig, mustKeepSessions: boolean): Promise<boolean> {
  const found = await onceStarted(() =>
    findPooler({ ...connection, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }),
  ).catch((error: unknown) => {
    throw unreachable(connection, error)
  })
  if (found === 'transaction' && mustKeepSessions)
    throw postgresErrors.POOLER_IN_TRANSACTION_MODE({ where: placeOf(connection) })
  return found === 'transaction'
}

/**
 * Calls a server that is starting, or is still a replica, until it is ready: it is often started together with Belfry, and may have to
 * recover.
 */
async function onceStarted<T>(call: () => Promise<T>): Promise<T> {
  const until = performance.now() + STARTUP_TIMEOUT_MS
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isStarting(error) || performance.now() > until) throw error
      await delay(STARTUP_RETRY_MS)
    }
  }
}

const isStarting = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === CANNOT_CONNECT_NOW || error.code === postgresErrors.POSTGRES_UNREACHABLE.code)

/**
 * Checks the version on a connection of its own, and then runs `work` on it.
 * @throws POSTGRES_UNREACHABLE, POSTGRES_TOO_OLD, TABLES_REFUSED, and the errors of `work`
 */
export async function prepare(connection: pg.ClientConfig, work: (db: Kysely<Tables>) => Promise<void>): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  pool.on('error', () => {})
  // A connection that breaks between two statements is reported by the next one, which fails.
  pool.on('connect', (client) => void client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const version = await onceStarted(async () => {
      const { rows } = await pool.query<{ version: string; replica: boolean }>(
        `select current_setting('server_version_num') as version, pg_is_in_recovery() as replica`,
      )
      const [found] = rows
      if (found?.replica) throw postgresErrors.POSTGRES_UNREACHABLE({ where: placeOf(connection), why: IS_REPLICA })
      return Math.floor(Number(found?.version) / 10_000)
    })
    if (version < MIN_VERSION) throw postgresErrors.POSTGRES_TOO_OLD({ found: version, oldest: MIN_VERSION })
    await work(db)
  } catch (error) {
    if (error instanceof BelfryError) throw error
    if (isPassing(error)) throw unreachable(connection, error)
    throw postgresErrors.TABLES_REFUSED({ where: placeOf(connection), why: reasonOf(error) }, { cause: error })
  } finally {
    await db.destroy()
  }
}

export const unreachable = (connection: pg.ClientConfig, error: unknown) =>
  postgresErrors.POSTGRES_UNREACHABLE({ where: placeOf(connection), why: reasonOf(error) }, { cause: error })

/** Host and database, never the password. */
function placeOf({ connectionString = '' }: pg.ClientConfig): string {
  if (!URL.canParse(connectionString)) return 'the database'
  const { host, pathname } = new URL(connectionString)
  return `${host}${pathname}`
}

function reasonOf(error: unknown): string {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error
  return inner instanceof Error ? inner.message : String(inner)
}
