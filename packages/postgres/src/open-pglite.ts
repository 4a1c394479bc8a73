import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { type Database, drawEpoch } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

export interface PGliteOptions {
  /** Where it lives; in memory without one. */
  readonly folder?: string
  /** The folder was restored from a copy: its history gets a new name. */
  readonly restored?: boolean
}

/**
 * Opens PGlite in a folder, or without one in memory, for this process alone.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, STORE_NEWER
 */
export async function openPGlite({ folder, restored = false }: PGliteOptions = {}): Promise<Database> {
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
    if (restored) await drawEpoch(db)
    const { epoch } = await db.selectFrom('store').select('epoch').executeTakeFirstOrThrow()
    return { db, background: db, epoch, close }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}
