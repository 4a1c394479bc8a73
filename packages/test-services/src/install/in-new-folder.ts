import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Fills a new folder by `fill`, unless it is there. It gets its name only once it is whole, so another process that does the same never
 * sees a part of it.
 */
export function inNewFolder(folder: string, fill: (draft: string, workspace: string) => void): string {
  mkdirSync(dirname(folder), { recursive: true })
  const workspace = mkdtempSync(`${folder}-`)
  const draft = join(workspace, 'draft')
  try {
    mkdirSync(draft)
    fill(draft, workspace)
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
  return folder
}
