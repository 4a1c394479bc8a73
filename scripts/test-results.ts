import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What a run has left, for the sum of several. */
export interface TestResults {
  readonly passed: number
  readonly skipped: number
  /** Each names its test, and why it failed. */
  readonly failures: readonly string[]
}

/** Reads the report of vitest; a run without a report, or whose process failed without a failed test, is a failure of its own. */
export function readReport(path: string, hasSucceeded: boolean): TestResults {
  if (!existsSync(path))
    return { passed: 0, skipped: 0, failures: ['vitest left no report: it did not run to its end'] }
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const failures = listIn(report, 'testResults').flatMap((suite) => {
    const name = relative('.', textIn(suite, 'name'))
    const tests = listIn(suite, 'assertionResults').filter((test) => textIn(test, 'status') === 'failed')
    // A file that could not be loaded, or whose process ended, is a failed suite without a failed test.
    const why = textIn(suite, 'message') || 'it did not run to its end'
    if (tests.length === 0) return textIn(suite, 'status') === 'failed' ? [`${name}: ${why}`] : []
    return tests.map((test) => `${name} > ${textIn(test, 'fullName')}: ${listIn(test, 'failureMessages').join('\n')}`)
  })
  if (failures.length === 0 && !hasSucceeded) failures.push('vitest reported an error outside of all tests: see above')
  return { passed: numberIn(report, 'numPassedTests'), skipped: numberIn(report, 'numPendingTests'), failures }
}

/** Reads what `keepResults` has kept; a run that kept nothing has failed. */
export function readResults(name: string): TestResults {
  const path = pathOf(name)
  if (!existsSync(path))
    return { passed: 0, skipped: 0, failures: [`${name} left no results: it did not run to its end`] }
  const results: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return {
    passed: numberIn(results, 'passed'),
    skipped: numberIn(results, 'skipped'),
    failures: listIn(results, 'failures').map(String),
  }
}

export function keepResults(name: string, results: TestResults): void {
  mkdirSync('.vitest', { recursive: true })
  writeFileSync(pathOf(name), JSON.stringify(results))
}

/** Prints every failure again, past all that the tests printed, and the sum in the last line. */
export function printSum(results: readonly TestResults[], missing: readonly string[] = []): void {
  const failures = results.flatMap((one) => one.failures)
  for (const failure of failures) console.error(`FAILED ${failure}`)
  const sum = (pick: (one: TestResults) => number) => results.reduce((total, one) => total + pick(one), 0)
  const skipped = sum((one) => one.skipped)
  const why = missing.length > 0 ? `, because this is missing: ${missing.join(', ')}` : ''
  if (skipped > 0) console.log(`${skipped} skipped${why}`)
  console.log(`${sum((one) => one.passed)} passed, ${failures.length} failed`)
}

const pathOf = (name: string) => `.vitest/${name.replace(':', '-')}.json`

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
