import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BelfryError } from '@belfry/contracts/errors'
import { postgresErrors } from '../errors.ts'

/** The locks of this process: one that nothing refers to any more would be garbage-collected, and so released. */
const held = new Set<DatabaseSync>()

/**
 * Takes a folder for this process alone, creating it where it is missing; returns the function that releases it.
 * The lock is one of the operating system's, on a file of SQLite, so it dies with its process and leaves nothing to clean up.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE
 */
export function lockFolder(folder: string): () => void {
  try {
    make(resolve(folder))
    const lock = new DatabaseSync(join(folder, 'lock'))
    try {
      lock.exec('pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive')
    } catch (error) {
      lock.close()
      throw error
    }
    held.add(lock)
    return () => {
      held.delete(lock)
      lock.close()
    }
  } catch (error) {
    throw unusable(folder, error)
  }
}

/**
 * Checks that a folder is there, or could be made, and can be written.
 * @throws FOLDER_UNUSABLE
 */
export function expectFolder(folder: string): void {
  try {
    const path = nearest(folder)
    if (!statSync(path).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' })
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw unusable(folder, error)
  }
}

/** One folder after the other: Node's own way never ends where the system denies that a folder exists which does (/proc). */
function make(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return
  if (path !== dirname(path)) make(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** A path itself, or the nearest above it that is there. */
export function nearest(path: string): string {
  const whole = resolve(path)
  return existsSync(whole) ? whole : nearest(dirname(whole))
}

/** Makes the error of a folder that cannot be used. */
export function unusable(folder: string, error: unknown): BelfryError {
  const why = error instanceof Error ? error.message : String(error)
  if (/database is locked/.test(why)) return postgresErrors.FOLDER_IN_USE({ folder })
  return postgresErrors.FOLDER_UNUSABLE({ folder, why: inWords(error, why) }, { cause: error })
}

function inWords(error: unknown, why: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'there is a file in its place'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'permission denied'
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'ENOENT') return 'it cannot be made there'
  return why
}
