import pg from 'pg'

/** Locks that end with the session that holds them, and so with its process. */
export interface SessionLocks {
  /** Takes a lock if nobody holds it; answers whether it is ours now. */
  take(name: string): Promise<boolean>
  /** Whether a lock is ours, as far as is known: a session that broke holds none. */
  holds(name: string): boolean
  release(name: string): Promise<void>
  close(): Promise<void>
}

/**
 * Where our machine is gone without a word, the server notices within a quarter of a minute, and others get the locks. Left alone,
 * it would take two hours.
 */
const NOTICE_SOON = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3'

/** Locks of a session of its own, which is opened when it is needed and again after it broke. */
export function createSessionLocks(connection: pg.ClientConfig): SessionLocks {
  const held = new Set<string>()
  let session: Promise<pg.Client> | undefined

  const open = (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...connection,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 2_000,
    })
    const begin = async () => {
      try {
        await client.connect()
        await client.query(NOTICE_SOON)
        return client
      } catch (error) {
        client.end().catch(() => {})
        throw error
      }
    }
    const opened = begin()
    // One that was given up earlier, and ends only now, takes nothing with it.
    client.on('error', () => forget(opened)).on('end', () => forget(opened))
    return opened
  }
  const forget = (one: Promise<pg.Client>) => {
    if (session !== one) return
    session = undefined
    held.clear()
  }
  // One question after the other, as a session wants it.
  let last: Promise<unknown> = Promise.resolve()
  const ask = (statement: string, name: string): Promise<boolean> => {
    const answer = last.then(() => askNow(statement, name))
    last = answer.catch(() => {})
    return answer
  }
  const askNow = async (statement: string, name: string): Promise<boolean> => {
    session ??= open()
    const mine = session
    try {
      const { rows } = await (await mine).query<{ done: boolean }>(statement, [name])
      return rows[0]?.done === true
    } catch (error) {
      // Whatever went wrong, what this session holds is in doubt.
      forget(mine)
      mine.then((client) => client.end()).catch(() => {})
      throw error
    }
  }

  return {
    async take(name) {
      if (held.has(name)) return true
      const done = await ask('select pg_try_advisory_lock(hashtextextended($1, 1)) as done', name)
      if (done) held.add(name)
      return done
    },
    holds: (name) => held.has(name),
    async release(name) {
      if (held.delete(name)) await ask('select pg_advisory_unlock(hashtextextended($1, 1)) as done', name)
    },
    async close() {
      held.clear()
      const mine = session
      session = undefined
      await mine?.then((client) => client.end()).catch(() => {})
    },
  }
}
