import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from './machine/describe-machine.ts'
import { type Extent, interleave, type Part, type Stage } from './parts/part.ts'
import { createProgress } from './progress.ts'
import { pageOf } from './report/page.ts'
import { tableOf } from './report/table.ts'
import { keepResult, readResults, resultsFolder } from './results/files.ts'
import type { PartResult, ScenarioResult } from './results/result.ts'
import { withServices } from './with-services.ts'

/** Runs parts one after the other. Each one's result is printed and kept as soon as it is there; the page shows the last results of `all`. */
export async function runParts(parts: readonly Part[], extent: Extent, all: readonly string[]): Promise<void> {
  await withServices(async (services) => {
    for (const part of parts) {
      const progress = createProgress(part.description.part)
      const scenarios = await measure(part, { ...extent, services, progress })
      const { isQuick } = extent
      const measuredAt = new Date().toISOString()
      const result: PartResult = { ...part.description, isQuick, machine: describeMachine(), measuredAt, scenarios }
      keepResult(result)
      process.stdout.write(`\n${tableOf(result)}\n\n`)
    }
  })
  const page = join(resultsFolder, 'index.html')
  writeFileSync(page, pageOf(readResults(all)))
  process.stdout.write(`The page of all results: ${page}\n`)
}

/** Measures the scenarios of a part whose names contain `only`; the others are as they were measured last. */
async function measure(part: Part, stage: Stage): Promise<readonly ScenarioResult[]> {
  const [before] = readResults([part.description.part])
  const kept = before?.isQuick === stage.isQuick ? before.scenarios : []
  const results: ScenarioResult[] = []
  for (const scenario of part.scenarios(stage)) {
    const last = kept.find(({ name }) => name === scenario.name)
    if (scenario.name.includes(stage.only)) results.push(await interleave(stage, scenario))
    else if (last !== undefined) results.push(last)
  }
  return results
}
