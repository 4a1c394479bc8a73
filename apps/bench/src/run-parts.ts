import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from './machine/describe-machine.ts'
import type { Extent, Part } from './parts/part.ts'
import { createProgress } from './progress.ts'
import { pageOf } from './report/page.ts'
import { tableOf } from './report/table.ts'
import { keepResult, readResults, resultsFolder } from './results/files.ts'
import type { PartResult } from './results/result.ts'
import { withServices } from './with-services.ts'

/** Runs parts one after the other. Each one's result is printed and kept as soon as it is there; the page shows the last results of `all`. */
export async function runParts(parts: readonly Part[], extent: Extent, all: readonly string[]): Promise<void> {
  await withServices(async (services) => {
    for (const { description, run } of parts) {
      const scenarios = await run({ ...extent, services, progress: createProgress(description.part) })
      const measuredAt = new Date().toISOString()
      const result: PartResult = { ...description, ...extent, machine: describeMachine(), measuredAt, scenarios }
      keepResult(result)
      process.stdout.write(`\n${tableOf(result)}\n\n`)
    }
  })
  const page = join(resultsFolder, 'index.html')
  writeFileSync(page, pageOf(readResults(all)))
  process.stdout.write(`The page of all results: ${page}\n`)
}
