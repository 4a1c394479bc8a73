import type { Pool, PoolClient } from 'pg'

/** Does some work in one transaction: all of it is kept, or nothing. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks while nothing is asked says so here, and would end the process; the next statement fails in any case.
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
