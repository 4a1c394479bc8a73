import { setTimeout as pass } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { BelfryError } from '@belfry/contracts/errors'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { postgresErrors } from '../errors.ts'
import type { Tables } from '../schema/tables.ts'
import { configOf, effective, tlsParametersOf } from './address.ts'
import { findPooler } from './pooler.ts'
import { isPassing } from './store-errors.ts'

/** Where Postgres is, and how it is spoken to. */
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
  /** A statement of the intake is given up after so many milliseconds, and tried again. */
  readonly statementTimeout?: number
  /** Present: connect with TLS. */
  readonly tls?: ConnectionOptions
  /** The database was restored from a copy: its history gets a new name. */
  readonly restored?: boolean
}

/** The oldest version that everything here works on. */
const OLDEST = 15
/** What a replica is said to be. */
export const ONLY_READS = 'the server is a replica, and only reads until it is promoted'

/** What Postgres says while it starts, recovers or stops: it is there, and cannot be asked yet (57P03). */
const NOT_YET = '57P03'
/** One that is starting is waited for so many milliseconds, and asked so often. */
const STARTING = 30_000
const ASK_AGAIN = 250

/**
 * Where it is and where its sessions are, and whether a pooler in transaction mode stands before it.
 * @throws TLS_IN_ADDRESS, POSTGRES_UNREACHABLE, POOLER_IN_TRANSACTION_MODE
 */
export async function reach(options: PostgresOptions) {
  const { url, sessionUrl } = options
  const connection = connectionOf(options, url)
  const session = sessionUrl === undefined ? connection : connectionOf(options, sessionUrl)
  const pooled = await look(connection, sessionUrl === undefined)
  if (sessionUrl !== undefined) await look(session, true)
  return { connection, session, pooled }
}

/**
 * Sees that sessions are kept in the database that is worked on: locks of one would guard nothing in the other.
 * @throws SESSION_URL_ELSEWHERE
 */
export async function expectSameDatabase(connection: pg.ClientConfig, session: pg.ClientConfig): Promise<void> {
  const saltOf = async (config: pg.ClientConfig): Promise<string | undefined> => {
    const client = new pg.Client({ ...config, connectionTimeoutMillis: 5_000 })
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
  // Whatever else an address may say that way, what pg makes of it decides.
  if (tls !== undefined && (parameters.length > 0 || effective({ tls }, url).ssl !== tls))
    throw postgresErrors.TLS_IN_ADDRESS({ where: placeOf(config), parameters: parameters.join(' and ') || 'it' })
  return config
}

/** Whether a pooler in transaction mode stands before the database; where it must not, that is an error. */
async function look(connection: pg.ClientConfig, mustKeepSessions: boolean): Promise<boolean> {
  const found = await onceStarted(() => findPooler({ ...connection, connectionTimeoutMillis: 5_000 })).catch(
    (error: unknown) => {
      throw unreachable(connection, error)
    },
  )
  if (found === 'transaction' && mustKeepSessions)
    throw postgresErrors.POOLER_IN_TRANSACTION_MODE({ where: placeOf(connection) })
  return found === 'transaction'
}

/** Asks a server that is starting, or is still a replica, until it is ready: both are often started together, and it may have to recover. */
async function onceStarted<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + STARTING
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isStarting(error) || performance.now() > until) throw error
      await pass(ASK_AGAIN)
    }
  }
}

const isStarting = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === NOT_YET || error.code === postgresErrors.POSTGRES_UNREACHABLE.code)

/**
 * On a connection of its own: sees to the version, and then to the tables.
 * @throws POSTGRES_UNREACHABLE, POSTGRES_TOO_OLD, TABLES_REFUSED, and what seeing to the tables throws
 */
export async function prepare(connection: pg.ClientConfig, see: (db: Kysely<Tables>) => Promise<void>): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: 1, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => {})
  // One that breaks between two statements: the next statement fails, and says so.
  pool.on('connect', (client) => void client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const version = await onceStarted(async () => {
      const { rows } = await pool.query<{ version: string; replica: boolean }>(
        `select current_setting('server_version_num') as version, pg_is_in_recovery() as replica`,
      )
      const [found] = rows
      if (found?.replica) throw postgresErrors.POSTGRES_UNREACHABLE({ where: placeOf(connection), why: ONLY_READS })
      return Math.floor(Number(found?.version) / 10_000)
    })
    if (version < OLDEST) throw postgresErrors.POSTGRES_TOO_OLD({ found: version, oldest: OLDEST })
    await see(db)
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
