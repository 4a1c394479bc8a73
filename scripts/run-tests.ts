import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  findKafka,
  findKcat,
  findPooler,
  findPrograms,
  findSdk,
  sdkLanguages,
  startKafka,
  startPostgres,
} from '../packages/test-services/src/index.ts'
import { findTests, type Kind } from './find-tests.ts'
import { keepResults, printSum, readReport } from './test-results.ts'

const services = {
  'Postgres (initdb and postgres on the PATH, or BELFRY_TEST_POSTGRES for most)': findPrograms() !== undefined,
  'PgBouncer (pgbouncer on the PATH)': findPooler() !== undefined,
  'Kafka (java on the PATH and `pnpm services:install`, or BELFRY_TEST_KAFKA for most)': findKafka() !== undefined,
  'kcat (kcat on the PATH)': findKcat() !== undefined,
  ...Object.fromEntries(
    sdkLanguages.map((language) => [
      `the SDK of CloudEvents for ${language} (${language}, and \`pnpm services:install\`)`,
      findSdk(language, `apps/server/test/sdks/${language}`) !== undefined,
    ]),
  ),
}
const REPORT = '.vitest/results.json'
const NO_MATCH = 'No test matches these words: neither the path of a file nor the title of a test contains them.'

/** Runs the tests of this kind, or those that the words name, and prints the sum; returns the exit code. */
export async function runTests(
  kind: Kind,
  words: readonly string[],
  settings: NodeJS.ProcessEnv = {},
): Promise<number> {
  const { files, title } = findTests(kind, words)
  if (files.length === 0) {
    console.error(NO_MATCH)
    return 1
  }
  // A report of an earlier run must not be counted.
  rmSync(REPORT, { force: true })
  const filter = title === undefined ? [] : ['--testNamePattern', title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')]
  using folder = temporaryFolder()
  process.env.TMPDIR = folder.path
  // Ctrl-C ends vitest; what is shared ends after it.
  process.on('SIGINT', () => {})
  await using shared = await startShared(words.length === 0)
  const env = {
    ...process.env,
    BELFRY_TEST_LONG: '1',
    // Programs and threads that tests start take half the time to load our modules.
    NODE_COMPILE_CACHE: resolve('node_modules/.cache/node-compile'),
    ...shared.env,
    ...settings,
  }
  // Quick tests often wait for what others do. Those that take long are about time, and get a core each.
  const workers = availableParallelism() + (kind === 'test' ? 1 : 0)
  const vitest = spawn('vitest', ['run', `--maxWorkers=${workers}`, ...filter, ...files], { stdio: 'inherit', env })
  const [code] = await once(vitest, 'exit')
  const report = readReport(REPORT, code === 0)
  // What has another title was not skipped: it was not named.
  const results = title === undefined ? report : { ...report, skipped: 0 }
  if (title !== undefined && results.passed + results.failures.length === 0) {
    console.error(NO_MATCH)
    return 1
  }
  keepResults(kind, results)
  printSum(
    [results],
    Object.entries(services).flatMap(([name, isHere]) => (isHere ? [] : [name])),
  )
  return results.failures.length === 0 ? 0 : 1
}

/**
 * One Postgres and one Kafka for all files that need none of their own, where they are installed and no other is named. A few files are
 * quicker without: each starts what it needs.
 */
async function startShared(isWanted: boolean) {
  const stack = new AsyncDisposableStack()
  const env: NodeJS.ProcessEnv = {}
  const isNamed = (name: string) => (process.env[name] ?? '') !== ''
  if (isWanted && findPrograms() !== undefined && !isNamed('BELFRY_TEST_POSTGRES')) {
    const postgres = stack.use(await startPostgres(['max_connections=300']))
    env.BELFRY_TEST_POSTGRES = postgres.url()
  }
  if (isWanted && findKafka() !== undefined && !isNamed('BELFRY_TEST_KAFKA')) {
    const kafka = stack.use(await startKafka())
    env.BELFRY_TEST_KAFKA = kafka.bootstrap.join(',')
  }
  return { env, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const MIN_MEMORY_BYTES = 4 * 2 ** 30

/** The folder for all temporary ones, in memory where it has room: a database is a thousand files, which a busy disk makes in a second. */
function temporaryFolder() {
  const path = mkdtempSync(join(hasMemory('/dev/shm') ? '/dev/shm' : tmpdir(), 'belfry-tests-'))
  // Postgres runs as a user of its own.
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function hasMemory(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= MIN_MEMORY_BYTES
  } catch {
    return false
  }
}
