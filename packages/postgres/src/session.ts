import pg from 'pg'

/**
 * Where our machine is gone without a word, the server notices within a quarter of a minute, and others get what the session held. Left
 * alone, it would take two hours.
 */
const NOTICE_SOON = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3'

/** Opens a session that is kept: both sides notice soon that the other is gone. `onEnd` is told when it ends, however it does. */
export async function openSession(connection: pg.ClientConfig, onEnd: () => void): Promise<pg.Client> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 2_000,
  })
  client.on('error', onEnd).on('end', onEnd)
  try {
    await client.connect()
    await client.query(NOTICE_SOON)
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
}
