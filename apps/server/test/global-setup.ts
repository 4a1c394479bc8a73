import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPGlite } from '@belfry/postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with a store in which nothing is. */
    begunFolder: string
  }
}

/** Makes the store that `begunFolder` copies, once for all files: PGlite needs seconds to make its files, and a moment to open them. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const path = await mkdtemp(join(tmpdir(), 'belfry-begun-'))
  const database = await openPGlite({ folder: path })
  await database.close()
  provide('begunFolder', path)
  return () => rm(path, { recursive: true, force: true })
}
