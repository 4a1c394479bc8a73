import pg from 'pg'

/** While other clients come and go, a pooler can by chance return to a client the session that it had before. */
const MAX_PROBES = 10

/**
 * Finds what stands before Postgres: nothing, a pooler that keeps a session for each client, or one that uses another session for each
 * transaction (so that settings, locks and LISTEN of a session do not hold).
 *
 * A pooler makes up the process id that a client receives. Where sessions are kept, a client sees one session, and no other client sees it
 * as long as the first is connected: two sessions of one client, or one session of two clients, are those of a pooler that does not.
 */
export async function findPooler(connection: pg.ClientConfig): Promise<'none' | 'session' | 'transaction'> {
  const [first, second] = [new pg.Client(connection), new pg.Client(connection)]
  for (const client of [first, second]) client.on('error', () => {})
  try {
    await first.connect()
    const own = new Set([await sessionOf(first)])
    if ('processID' in first && typeof first.processID === 'number' && own.has(first.processID)) return 'none'
    await second.connect()
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      // In a transaction: a pooler that offers less than that is refused here.
      await second.query('begin')
      const other = await sessionOf(second)
      await second.query('commit')
      // Poolers assign the session that was released last, which is now the one of the second client, or take turns.
      own.add(await sessionOf(first))
      if (own.size > 1 || own.has(other)) return 'transaction'
    }
    return 'session'
  } finally {
    await Promise.allSettled([first.end(), second.end()])
  }
}

async function sessionOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid
}
