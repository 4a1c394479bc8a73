import type { Pool, PoolClient } from 'pg'

/** Runs `work` in one transaction: all of its changes are kept, or none. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks between two statements emits an error, which would end the process without a listener. The next statement fails anyway.
  client.on('error', ignore)
  let isBroken = false
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => (isBroken = true))
    throw error
  } finally {
    client.off('error', ignore)
    client.release(isBroken)
  }
}

const ignore = () => {}
