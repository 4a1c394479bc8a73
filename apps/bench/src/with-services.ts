import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openServices, type Services } from './stage/services.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs something on a Kafka and a Postgres of its own; both end with it, and at a signal. Everything temporary is made in one folder, which
 * Postgres must come through as a user of its own: where a start is broken off, nothing is left.
 */
export async function withServices(run: (services: Services) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  const { promise: stopped, resolve: stop } = Promise.withResolvers<'stopped'>()
  for (const signal of SIGNALS) process.once(signal, () => stop('stopped'))
  try {
    await using services = await openServices()
    const ran = run(services)
    // After a signal, what runs fails because its services end: that is not an error.
    ran.catch(() => {})
    if ((await Promise.race([ran, stopped])) === 'stopped') process.exitCode = 130
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  // What was running still waits for something.
  if (process.exitCode === 130) process.exit()
}
