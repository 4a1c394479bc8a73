import { createSerialQueue } from '@belfry/core/flow'
import pg from 'pg'

/** A connection of its own, for what lasts as long as a session does. */
export interface Session {
  /** Runs one statement after the other; opens the session where there is none. A session whose statement failed is closed. */
  query<Row extends pg.QueryResultRow>(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** How many sessions there have been: another number means that what an earlier one held is gone. */
  readonly count: number
  /** Ends it for good: no statement opens it again. */
  close(): Promise<void>
}

export interface SessionOptions {
  /** Runs on each session before its first statement. */
  readonly begin?: (client: pg.Client) => Promise<void>
  /** Called when the session has ended, except by `close`. */
  readonly onLost?: () => void
}

/**
 * Where this machine is gone without a word, the server notices within a quarter of a minute, and other processes get the locks. With the
 * defaults it would take two hours.
 */
const KEEPALIVES = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3'
/** Milliseconds that connecting, and each statement, may take. */
const TIMEOUT_MS = 5_000

/** Makes a session that is opened when it is needed, and again after it broke. */
export function createSession(
  connection: pg.ClientConfig,
  { begin = async () => {}, onLost = () => {} }: SessionOptions = {},
): Session {
  let session: Promise<pg.Client> | undefined
  let count = 0
  let isClosed = false

  const open = (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...connection,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 2_000,
    })
    const start = async () => {
      try {
        await client.connect()
        await client.query(KEEPALIVES)
        await begin(client)
        count++
        return client
      } catch (error) {
        client.end().catch(() => {})
        throw error
      }
    }
    const opened = start()
    // The end of an earlier session takes nothing of this one with it.
    client.on('error', () => forget(opened)).on('end', () => forget(opened))
    return opened
  }
  const forget = (one: Promise<pg.Client>) => {
    if (session !== one) return
    session = undefined
    onLost()
  }
  const queryNow = async <Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[]) => {
    if (isClosed) throw new Error('the session is closed')
    session ??= open()
    const mine = session
    try {
      const { rows } = await (await mine).query<Row>(statement, [...values])
      // It may have ended at the same moment.
      if (session !== mine) throw new Error('the session was closed')
      return rows
    } catch (error) {
      // Whatever went wrong, it is not certain any more which locks this session holds.
      forget(mine)
      mine.then((client) => client.end()).catch(() => {})
      throw error
    }
  }
  const statements = createSerialQueue()

  return {
    query<Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[] = []) {
      return statements.run(() => queryNow<Row>(statement, values))
    },
    get count() {
      return count
    },
    async close() {
      isClosed = true
      const mine = session
      session = undefined
      await mine?.then((client) => client.end()).catch(() => {})
    },
  }
}
