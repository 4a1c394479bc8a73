import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { postgresErrors } from './errors.ts'

/**
 * Takes a folder for this process alone, creating it where it is missing; answers the function that gives it back.
 * The lock is one of the operating system's, on a file of SQLite, so it dies with its process and leaves nothing to clean up.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE
 */
export function lockFolder(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const lock = new DatabaseSync(join(folder, 'lock'))
    try {
      lock.exec('pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive')
    } catch (error) {
      lock.close()
      throw error
    }
    return () => lock.close()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (/database is locked/.test(why)) throw postgresErrors.FOLDER_IN_USE({ folder })
    throw postgresErrors.FOLDER_UNUSABLE({ folder, why: inWords(error, why) }, { cause: error })
  }
}

function inWords(error: unknown, why: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'there is a file in its place'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'it is not ours to write'
  if (code === 'ENOSPC') return 'the disk is full'
  return why
}
