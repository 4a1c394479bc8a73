import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import type { PGlite } from '@electric-sql/pglite'
import { type DatabaseConnection, Kysely, PGliteDialect } from 'kysely'
import { type Database, drawEpoch, loadSalt } from '../connect/database.ts'
import { postgresErrors } from '../errors.ts'
import { migrate, refuseNewer } from '../schema/migrate.ts'
import type { Tables } from '../schema/tables.ts'
import { createDiskGuard } from './disk-guard.ts'
import { expectFolder, lockFolder, unusable } from './folder-lock.ts'

export interface PGliteOptions {
  /** The folder of its files; in memory without one. */
  readonly folder?: string
  /** The folder was restored from a copy: another epoch is drawn. */
  readonly restored?: boolean
}

/** Where in the folder PGlite has its files. */
const placeIn = (folder: string): string => join(folder, 'pglite')

/** Makes a PGlite in a folder, or in memory. It is loaded only here: a store on Postgres has no use for it, in any of its threads. */
async function createPGlite(folder: string | undefined): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  return folder === undefined ? new PGlite() : new PGlite(placeIn(folder))
}

/** Statements that write begin like this; all others only read. */
const WRITES = /^\s*(insert|update|delete|with|create|alter|drop|truncate)\b/i

/** PGlite, which writes nothing while there is trouble. */
function guarded(pglite: PGlite, trouble: () => string | undefined): PGliteDialect {
  const refuse = (statement: string) => {
    const why = WRITES.test(statement) ? trouble() : undefined
    if (why !== undefined) throw coreErrors.STORE_UNAVAILABLE({ why })
  }
  return new PGliteDialect({
    pglite,
    async onCreateConnection(connection) {
      const execute = connection.executeQuery.bind(connection)
      Object.assign(connection, {
        executeQuery: async (...query: Parameters<DatabaseConnection['executeQuery']>) => {
          refuse(query[0].sql)
          return execute(...query)
        },
      })
    },
  })
}

/**
 * Opens PGlite in a folder, or without one in memory, for this process alone.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, STORE_NEWER
 */
export async function openPGlite({ folder, restored = false }: PGliteOptions = {}): Promise<Database> {
  const unlock = folder === undefined ? () => {} : lockFolder(folder)
  const trouble = folder === undefined ? () => undefined : createDiskGuard(folder)
  // PGlite has one session, which lets one transaction or lone statement run at a time, reads included. Each of these has a line of
  // its own before it, and PGlite takes from them in turn: however many people wait, an operator or the intake waits for one of them.
  const lines: Kysely<Tables>[] = []
  const close = async () => {
    for (const line of lines) await line.destroy()
    unlock()
  }
  try {
    const why = trouble()
    if (why !== undefined) throw postgresErrors.FOLDER_UNUSABLE({ folder: folder ?? '', why })
    const pglite = await createPGlite(folder)
    const open = () => {
      const line = new Kysely<Tables>({ dialect: guarded(pglite, trouble) })
      lines.push(line)
      return line
    }
    const [db, operators, background] = [open(), open(), open()]
    await pglite.waitReady
    await migrate(db)
    if (restored) await drawEpoch(db)
    const readEpoch = async () => (await db.selectFrom('store').select('epoch').executeTakeFirstOrThrow()).epoch
    let epoch = await readEpoch()
    const salt = await loadSalt(db)
    return {
      db,
      operators,
      background,
      close,
      trouble,
      salt,
      warnings: [],
      get epoch() {
        return epoch
      },
      async renew() {
        await drawEpoch(db)
        epoch = await readEpoch()
      },
    }
  } catch (error) {
    await close().catch(() => {})
    if (folder === undefined || (error instanceof BelfryError && error.code in postgresErrors)) throw error
    throw unusable(folder, error)
  }
}

/**
 * Checks that PGlite could be opened in a folder, and changes nothing that is kept there.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, STORE_NEWER
 */
export async function checkPGlite(folder: string): Promise<void> {
  expectFolder(folder)
  const why = createDiskGuard(folder)()
  if (why !== undefined) throw postgresErrors.FOLDER_UNUSABLE({ folder, why })
  if (!existsSync(placeIn(folder))) return
  const unlock = lockFolder(folder)
  try {
    const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: await createPGlite(folder) }) })
    await refuseNewer(db).finally(() => db.destroy())
  } finally {
    unlock()
  }
}
