import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openServices, type Services } from './stage/services.ts'

/**
 * Runs something on a Kafka and a Postgres of its own. Everything temporary is made in one folder, which Postgres must come through as a user of its
 * own: where a start is broken off, nothing is left.
 */
export async function withServices(run: (services: Services) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  try {
    await using services = await openServices()
    await run(services)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
