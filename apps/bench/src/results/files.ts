import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { PartResult } from './result.ts'

/** The folder of the results, which git ignores. */
export const resultsFolder: string = fileURLToPath(new URL('../../results/', import.meta.url))

/** Keeps the results of a part, in the place of those of the run before. */
export function keepResult(result: PartResult, folder = resultsFolder): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(pathOf(folder, result.part), `${JSON.stringify(result)}\n`)
}

/** Reads the results that are kept of these parts. */
export function readResults(parts: readonly string[], folder = resultsFolder): readonly PartResult[] {
  return parts
    .map((part) => pathOf(folder, part))
    .filter((path) => existsSync(path))
    .map((path): PartResult => JSON.parse(readFileSync(path, 'utf8')))
}

const pathOf = (folder: string, part: string) => `${folder}/${part}.json`
