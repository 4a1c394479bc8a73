import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BelfryError } from '@belfry/contracts/errors'
import { isWeakSecret } from '../config/is-weak-secret.ts'
import { serverErrors } from '../errors.ts'

/** What the embedded folder keeps, each in a file of that name: the secret that signs tokens, and the key that `POST /dev/token` requires. */
export type SecretName = 'token-secret' | 'access-key'

/** Receives a sentence about a file that other users of this machine could read. */
export type Warn = (sentence: string) => void

/** A file of a secret is never longer. */
const MAX_SECRET_BYTES = 4_096
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** On Windows the mode of a file has no rights of other users. */
const HAS_MODES = process.platform !== 'win32'

/**
 * Reads a secret that the folder keeps; undefined where it has none. A file that other users can read is closed to them
 * first, and `warn` is called; without `warn` nothing is changed.
 * @throws SECRET_UNUSABLE
 */
export async function readSecret(folder: string, name: SecretName, warn?: Warn): Promise<string | undefined> {
  const file = join(folder, name)
  const handle = await openFile(file)
  if (handle === undefined) return undefined
  try {
    const found = await handle.stat()
    if (!found.isFile() || found.size > MAX_SECRET_BYTES) throw unusable(file, 'it is not a file with a secret')
    if (warn !== undefined && HAS_MODES && (found.mode & 0o077) !== 0) {
      await handle.chmod(0o600)
      warn(
        `${file} could be read by other users of this machine, and now cannot. If one of them may have read it, delete it: the next start draws another`,
      )
    }
    const secret = (await handle.readFile('utf8')).trim()
    if (isWeakSecret(secret)) throw unusable(file, 'what it holds is too short, or can be guessed')
    return secret
  } catch (error) {
    throw error instanceof BelfryError ? error : unusable(file, reasonOf(error), error)
  } finally {
    await handle.close()
  }
}

/**
 * Reads a secret that the folder keeps, and draws it where there is none: as a whole or not at all, and for this user alone. Only for the
 * process that has the lock of the folder.
 * @throws SECRET_UNUSABLE
 */
export async function keepSecret(folder: string, name: SecretName, warn: Warn): Promise<string> {
  const kept = await readSecret(folder, name, warn)
  if (kept !== undefined) return kept
  const file = join(folder, name)
  const draft = `${file}.draft`
  const secret = randomBytes(32).toString('base64url')
  try {
    // A process that was killed may have left one.
    await rm(draft, { force: true })
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${secret}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    throw unusable(file, reasonOf(error), error)
  }
  return secret
}

async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, FLAGS)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(file, reasonOf(error), error)
  }
}

const unusable = (file: string, why: string, cause?: unknown) => serverErrors.SECRET_UNUSABLE({ file, why }, { cause })

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ELOOP') return 'it is a symbolic link'
  if (code === 'EACCES' || code === 'EPERM') return 'it belongs to another user'
  if (code === 'ENOTDIR') return 'there is a file in the place of its folder'
  if (code === 'ENOSPC') return 'the disk is full'
  return error instanceof Error ? error.message : String(error)
}
