import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { lockFolder } from './folder-lock.ts'
import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

/** An open database, migrated. The store and the embedded log are made on it. */
export interface Database {
  readonly db: Kysely<Tables>
  close(): Promise<void>
}

/**
 * Opens PGlite in a folder, or without one in memory, for this process alone.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, STORE_NEWER
 */
export async function openPGlite({ folder }: { readonly folder?: string } = {}): Promise<Database> {
  const unlock = folder === undefined ? () => {} : lockFolder(folder)
  const pglite = folder === undefined ? new PGlite() : new PGlite(join(folder, 'pglite'))
  // PGlite has one session; Kysely's driver for it lets one transaction or lone statement run at a time, reads included.
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) })
  const close = async () => {
    await db.destroy()
    unlock()
  }
  try {
    await pglite.waitReady
    await migrate(db)
    return { db, close }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}
