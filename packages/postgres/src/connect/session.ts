import { createSerialQueue } from '@belfry/core/flow'
import pg from 'pg'

/** A connection of its own, for what lasts as long as a session does. */
export interface Session {
  /** Asks one question after the other; opens the session where there is none. One whose question failed is given up. */
  ask<Row extends pg.QueryResultRow>(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** How many there have been: another number means that what an earlier one held is gone. */
  readonly count: number
  /** Ends it for good: no question opens it again. */
  close(): Promise<void>
}

export interface SessionOptions {
  /** Run on a session before its first question. */
  readonly begin?: (client: pg.Client) => Promise<void>
  /** Told that the session is there no more, save when it was closed. */
  readonly onLost?: () => void
}

/**
 * Where our machine is gone without a word, the server notices within a quarter of a minute, and others get the locks. Left alone,
 * it would take two hours.
 */
const NOTICE_SOON = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3'
/** Milliseconds that connecting, and each question, may take. */
const PATIENCE = 5_000

/** Makes a session that is opened when it is needed, and again after it broke. */
export function createSession(
  connection: pg.ClientConfig,
  { begin = async () => {}, onLost = () => {} }: SessionOptions = {},
): Session {
  let session: Promise<pg.Client> | undefined
  let count = 0
  let closed = false

  const open = (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...connection,
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
      keepAlive: true,
      keepAliveInitialDelayMillis: 2_000,
    })
    const start = async () => {
      try {
        await client.connect()
        await client.query(NOTICE_SOON)
        await begin(client)
        count++
        return client
      } catch (error) {
        client.end().catch(() => {})
        throw error
      }
    }
    const opened = start()
    // One that was given up earlier, and ends only now, takes nothing with it.
    client.on('error', () => forget(opened)).on('end', () => forget(opened))
    return opened
  }
  const forget = (one: Promise<pg.Client>) => {
    if (session !== one) return
    session = undefined
    onLost()
  }
  const askNow = async <Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[]) => {
    if (closed) throw new Error('the session is closed')
    session ??= open()
    const mine = session
    try {
      const { rows } = await (await mine).query<Row>(statement, [...values])
      // It may have ended in the same breath.
      if (session !== mine) throw new Error('the session was closed')
      return rows
    } catch (error) {
      // Whatever went wrong, what this session holds is in doubt.
      forget(mine)
      mine.then((client) => client.end()).catch(() => {})
      throw error
    }
  }
  const questions = createSerialQueue()

  return {
    ask<Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[] = []) {
      return questions.run(() => askNow<Row>(statement, values))
    },
    get count() {
      return count
    },
    async close() {
      closed = true
      const mine = session
      session = undefined
      await mine?.then((client) => client.end()).catch(() => {})
    },
  }
}
