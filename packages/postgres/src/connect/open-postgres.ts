import { Kysely, PostgresDialect, sql } from 'kysely'
import type pg from 'pg'
import { migrate, refuseNewer } from '../schema/migrate.ts'
import type { Tables } from '../schema/tables.ts'
import { type Database, drawEpoch, loadSalt } from './database.ts'
import { databaseWarnings } from './database-warnings.ts'
import { createEpoch } from './epoch.ts'
import { createPool } from './pool.ts'
import { expectSameDatabase, type PostgresOptions, prepare, reach, unreachable } from './reach-postgres.ts'
import { createSession } from './session.ts'
import { createSessionLocks } from './session-locks.ts'

/** A request fails after this time, if need be with STORE_UNAVAILABLE; its statements end sooner. */
const REQUEST_TIMEOUT_MS = 1_800
const REQUEST_STATEMENT_TIMEOUT_MS = 1_500
/** Connections for operators and probes: one is enough for what they share, two where one of their calls takes long. */
const OPERATOR_POOL_SIZE = 2
/**
 * Milliseconds that a transaction may be idle between two statements. A process that is stopped, or whose machine is gone, is idle for
 * longer; its locks are released then, or no other process could go on where it was.
 */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
/** The intake can wait this long for a connection. */
const BACKGROUND_CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects to Postgres and brings its tables up to this version.
 * @throws POSTGRES_UNREACHABLE, POSTGRES_TOO_OLD, TABLES_REFUSED, POOLER_IN_TRANSACTION_MODE, SESSION_URL_ELSEWHERE,
 * STORE_NEWER
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { poolSize = 10, operatorPoolSize = OPERATOR_POOL_SIZE, backgroundPoolSize = 4 } = options
  const { statementTimeout = 30_000, restored = false } = options
  const { connection, session, pooled } = await reach(options)
  let warnings: readonly string[] = []
  await prepare(session, async (db) => {
    await migrate(db)
    if (restored) await drawEpoch(db)
    warnings = await databaseWarnings(db)
  })
  if (session !== connection) await expectSameDatabase(connection, session)

  const epoch = createEpoch()
  const begin = async (client: pg.PoolClient, statementTimeoutMs: number) => {
    // Settings of a session do not hold behind a pooler in transaction mode: there, only our own timeout ends a statement.
    if (!pooled)
      await client.query(
        `set statement_timeout = ${statementTimeoutMs}; set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
      )
    await epoch.read((statement) => client.query(statement))
  }
  const open = (
    size: number,
    {
      connectTimeoutMs,
      statementTimeoutMs,
    }: { readonly connectTimeoutMs: number; readonly statementTimeoutMs: number },
  ) =>
    new Kysely<Tables>({
      dialect: new PostgresDialect({
        pool: createPool({
          connection,
          size,
          connectTimeoutMs,
          maxHoldMs: 2 * statementTimeoutMs,
          keepsSessions: !pooled,
          begin: (client) => begin(client, statementTimeoutMs),
          refresh: (client) => epoch.readIfOld((statement) => client.query(statement)),
        }),
      }),
    })
  const openForRequests = (size: number) =>
    open(size, {
      connectTimeoutMs: REQUEST_STATEMENT_TIMEOUT_MS,
      statementTimeoutMs: REQUEST_STATEMENT_TIMEOUT_MS,
    })
  const db = openForRequests(poolSize)
  const operators = operatorPoolSize === 0 ? db : openForRequests(operatorPoolSize)
  const background = open(backgroundPoolSize, {
    connectTimeoutMs: BACKGROUND_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: statementTimeout,
  })
  const locks = createSessionLocks(session)
  const close = async () =>
    void (await Promise.all([locks.close(), db.destroy(), operators.destroy(), background.destroy()]))
  let salt: string
  try {
    // The first connection reads the epoch.
    salt = await loadSalt(db)
  } catch (error) {
    await close()
    throw unreachable(connection, error)
  }
  return {
    db,
    operators,
    background,
    locks,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    salt,
    warnings,
    close,
    createSession: (options) => createSession(session, options),
    get epoch() {
      return epoch.value
    },
    async renew() {
      await drawEpoch(background)
      await epoch.read((statement) => sql.raw<{ epoch: string | null }>(statement).execute(background))
    },
  }
}

/**
 * Checks that Postgres could be opened, and changes nothing.
 * @throws the errors of `openPostgres`, except those of migrations and of the work itself
 */
export async function checkPostgres(options: Omit<PostgresOptions, 'restored'>): Promise<void> {
  const { connection, session } = await reach(options)
  await prepare(session, refuseNewer)
  if (session !== connection) await expectSameDatabase(connection, session)
}
