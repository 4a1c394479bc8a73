import type { PGlite } from '@electric-sql/pglite'
import { type DatabaseConnection, type Driver, PGliteDialect } from 'kysely'

/**
 * Kysely's dialect for PGlite, with one user at a time. PGlite has a single session and Kysely hands it to whoever asks, so a
 * request's statement would slip into another's transaction; here whoever asks waits, in order, until it is given back.
 */
export class OneAtATimeDialect extends PGliteDialect {
  constructor(pglite: PGlite) {
    super({ pglite })
  }

  override createDriver(): Driver {
    const driver = super.createDriver()
    let last: Promise<void> = Promise.resolve()
    const release = new WeakMap<DatabaseConnection, () => void>()
    const acquire = driver.acquireConnection.bind(driver)
    driver.acquireConnection = async (options) => {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      try {
        const connection = await acquire(options)
        release.set(connection, resolve)
        return connection
      } catch (error) {
        resolve()
        throw error
      }
    }
    driver.releaseConnection = async (connection) => release.get(connection)?.()
    return driver
  }
}
