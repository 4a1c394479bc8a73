import { stat } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'

/**
 * What is wrong with the rights of the embedded folder, in a sentence. A folder that Belfry makes is for its user alone; one that was there
 * may be a mount that others share on purpose, and is left as it is.
 */
export async function folderWarningsOf({
  postgres,
  embedded: { folder },
}: Pick<Config, 'postgres' | 'embedded'>): Promise<readonly string[]> {
  if (postgres !== undefined || process.platform === 'win32') return []
  const { mode } = await stat(folder)
  if ((mode & 0o077) === 0) return []
  const may = (mode & 0o022) === 0 ? 'read' : 'change'
  return [`other users of this machine may ${may} what ${folder} keeps, inboxes and secrets: chmod 700 ${folder}`]
}
