import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The secret that signs development tokens, kept in the embedded folder so that tokens outlive a restart. */
export async function tokenSecret(folder: string): Promise<string> {
  const file = join(folder, 'token-secret')
  try {
    const kept = (await readFile(file, 'utf8')).trim()
    if (kept.length >= 32) return kept
  } catch {
    // Not there yet.
  }
  const secret = randomBytes(32).toString('base64url')
  await writeFile(file, `${secret}\n`, { mode: 0o600 })
  return secret
}
