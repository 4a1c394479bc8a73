// Runs every package's tests through turbo, then adds up what they left in .vitest: `N passed, N failed`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { findKafka, findKcat, findPooler, findPrograms } from '../packages/test-services/src/index.ts'

const packages = globSync('{packages,apps}/*/package.json').map((path) => path.replace(/\/package\.json$/, ''))
// What an earlier run left must not be counted; turbo restores what it has cached.
for (const folder of packages) rmSync(`${folder}/.vitest`, { recursive: true, force: true })
// Tests that need a service are skipped where it is missing. Turbo is told what is here, so that it keeps results of one for the other.
const services = {
  'Postgres (initdb and postgres on the PATH, or BELFRY_TEST_POSTGRES for most)': findPrograms() !== undefined,
  'PgBouncer (pgbouncer on the PATH)': findPooler() !== undefined,
  'Kafka (java on the PATH and `pnpm services:install`, or BELFRY_TEST_KAFKA for most)': findKafka() !== undefined,
  'kcat (kcat on the PATH)': findKcat() !== undefined,
}
const missing = Object.entries(services).flatMap(([name, here]) => (here ? [] : [name]))
const env = { ...process.env, BELFRY_TEST_MISSING: missing.join(', ') }
const run = async (...more: readonly string[]): Promise<boolean> => {
  const [code] = await once(spawn('turbo', ['run', 'test', '--continue', ...more], { stdio: 'inherit', env }), 'exit')
  return code === 0
}
const asked = process.argv.slice(2)
/** The server's tests take longer than all others together: a part of them, with results of its own, comes after those. */
const server = '--filter=@belfry/server'
const runOthers = async () => [
  await run('--filter=!@belfry/server', '--concurrency=1'),
  await run(server, '--', 'test/intake', '--outputFile.json=.vitest/intake.json'),
]
// Two at a time: each starts services of its own, and a machine has few cores.
const ended = (
  await Promise.all(
    asked.length > 0
      ? [run('--concurrency=2', ...asked)]
      : [run(server, '--', '--exclude=test/intake/**'), runOthers()],
  )
).flat()
const resultsIn = (folder: string) =>
  asked.length === 0 && folder === 'apps/server' ? ['results.json', 'intake.json'] : ['results.json']
// Whoever asks for some packages gets no results of the others.
const counted = packages
  .filter((folder) => asked.length === 0 || existsSync(`${folder}/.vitest`))
  .flatMap((folder) => resultsIn(folder).map((file) => ({ folder, ...resultsOf(folder, file) })))
// What went wrong is said once more at the end, past all that the packages have printed side by side.
for (const { folder, lost, failures } of counted) {
  if (lost) console.error(`${folder} left no results: its tests did not run to the end`)
  for (const failure of failures) console.error(`FAILED ${folder}/${failure}`)
}
const sum = (pick: (one: (typeof counted)[number]) => number) => counted.reduce((total, one) => total + pick(one), 0)
const failed = sum((one) => one.failures.length + (one.lost ? 1 : 0))
const skipped = sum((one) => one.skipped)
if (skipped > 0)
  console.log(`${skipped} skipped${missing.length > 0 ? `, because this is missing: ${missing.join(', ')}` : ''}`)
console.log(`${sum((one) => one.passed)} passed, ${failed} failed`)
process.exitCode = ended.every(Boolean) && failed === 0 ? 0 : 1

interface Results {
  readonly passed: number
  readonly skipped: number
  /** Each says which test it was, and why. */
  readonly failures: readonly string[]
  readonly lost: boolean
}

function resultsOf(folder: string, file: string): Results {
  const path = `${folder}/.vitest/${file}`
  if (!existsSync(path)) return { passed: 0, skipped: 0, failures: [], lost: true }
  const results: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const failures = listIn(results, 'testResults').flatMap((suite) => {
    const name = relative(resolve(folder), textIn(suite, 'name'))
    const tests = listIn(suite, 'assertionResults').filter((test) => textIn(test, 'status') === 'failed')
    // A file that could not even be loaded, or whose process ended, is a failed suite without a failed test.
    const why = textIn(suite, 'message') || 'it did not run to its end'
    if (tests.length === 0) return textIn(suite, 'status') === 'failed' ? [`${name}: ${why}`] : []
    return tests.map((test) => `${name} > ${textIn(test, 'fullName')}: ${listIn(test, 'failureMessages').join('\n')}`)
  })
  return {
    passed: numberIn(results, 'numPassedTests'),
    skipped: numberIn(results, 'numPendingTests'),
    failures,
    lost: false,
  }
}

function fieldOf(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined
}
function numberIn(of: unknown, name: string): number {
  const value = fieldOf(of, name)
  return typeof value === 'number' ? value : 0
}
function textIn(of: unknown, name: string): string {
  const value = fieldOf(of, name)
  return typeof value === 'string' ? value : ''
}
function listIn(of: unknown, name: string): readonly unknown[] {
  const value = fieldOf(of, name)
  return Array.isArray(value) ? value : []
}
