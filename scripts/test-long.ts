// Runs the random histories, on every engine that is here, for BELFRY_TEST_SECONDS each (300 unless it is set), one after the other.
import { spawnSync } from 'node:child_process'

const seconds = process.env.BELFRY_TEST_SECONDS ?? '300'
const files = [
  ['packages/postgres', 'test/histories'],
  ['apps/server', 'test/model'],
] as const
let failed = false
for (const [folder, path] of files) {
  const args = ['run', '--config', '../../vitest.config.ts', '--root', '.', '--no-file-parallelism', path]
  const { status } = spawnSync('vitest', args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, BELFRY_TEST_SECONDS: seconds },
  })
  failed ||= status !== 0
}
process.exitCode = failed ? 1 : 0
