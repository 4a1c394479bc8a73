import pg from 'pg'

/**
 * Finds what stands before Postgres: nothing, a pooler that keeps a session for each client, or one that uses for each transaction another
 * session (so that settings, locks and LISTEN of a session do not hold).
 *
 * A pooler makes up the process id that a client receives, and a second client that holds a session in a transaction takes the one
 * that the first has just used: only where sessions are not kept does the first then find its setting gone.
 */
export async function findPooler(connection: pg.ClientConfig): Promise<'none' | 'session' | 'transaction'> {
  const [first, second] = [new pg.Client(connection), new pg.Client(connection)]
  for (const client of [first, second]) client.on('error', () => {})
  try {
    await first.connect()
    const { rows } = await first.query<{ pid: number }>('select pg_backend_pid() as pid')
    if ('processID' in first && first.processID === rows[0]?.pid) return 'none'
    await first.query(`select set_config('belfry.session', 'kept', false)`)
    await second.connect()
    await second.query('begin')
    await second.query('select 1')
    const { rows: kept } = await first.query<{ kept: string | null }>(
      `select current_setting('belfry.session', true) as kept`,
    )
    return kept[0]?.kept === 'kept' ? 'session' : 'transaction'
  } finally {
    await Promise.allSettled([first.end(), second.end()])
  }
}
