// Runs every package's tests through turbo, then adds up what they left in .vitest/results.json: `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'

const packages = globSync('{packages,apps}/*/package.json').map((path) => path.replace(/\/package\.json$/, ''))
// What an earlier run left must not be counted; turbo restores what it has cached.
for (const folder of packages) rmSync(`${folder}/.vitest`, { recursive: true, force: true })
const run = spawnSync('turbo', ['run', 'test', '--continue', ...process.argv.slice(2)], { stdio: 'inherit' })
const counted = packages.map((folder) => ({ folder, ...resultsOf(folder) }))
for (const { folder, missing } of counted)
  if (missing) console.error(`${folder} left no results: its tests did not run to the end`)
const sum = (pick: (one: (typeof counted)[number]) => number) => counted.reduce((total, one) => total + pick(one), 0)
const failed = sum((one) => one.failed) + counted.filter((one) => one.missing).length
console.log(`${sum((one) => one.passed)} passed, ${failed} failed`)
process.exitCode = run.status === 0 && failed === 0 ? 0 : 1

function resultsOf(folder: string): { passed: number; failed: number; missing: boolean } {
  const path = `${folder}/.vitest/results.json`
  if (!existsSync(path)) return { passed: 0, failed: 0, missing: true }
  const results: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const count = (name: string) => {
    const value: unknown = typeof results === 'object' && results !== null ? Reflect.get(results, name) : undefined
    return typeof value === 'number' ? value : 0
  }
  // A file that could not even be loaded is a failed suite without a failed test.
  const broken = count('numFailedTests') === 0 ? count('numFailedTestSuites') : 0
  return { passed: count('numPassedTests'), failed: count('numFailedTests') + broken, missing: false }
}
