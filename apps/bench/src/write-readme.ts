import { readFileSync, writeFileSync } from 'node:fs'
import { plotOf, writeTable } from './report/readme.ts'
import { readResults } from './results/files.ts'

const README = new URL('../../../README.md', import.meta.url)
const PLOT = new URL('../speed.svg', import.meta.url)

/** Writes the last results of the parts into the README of the repository, and its plot beside the bench. */
export function writeReadme(parts: readonly string[]): void {
  const results = readResults(parts)
  writeFileSync(README, writeTable(readFileSync(README, 'utf8'), results))
  writeFileSync(PLOT, plotOf(results))
}
