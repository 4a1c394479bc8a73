import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMachine } from './machine/describe-machine.ts'
import type { Extent, Part } from './parts/part.ts'
import { pageOf } from './report/page.ts'
import { tableOf } from './report/table.ts'
import { keepResult, readResults, resultsFolder } from './results/files.ts'
import type { PartResult } from './results/result.ts'
import { openServices } from './stage/services.ts'

/** Runs parts one after the other on a Kafka and a Postgres of their own. Each one's result is printed and kept as soon as it is there. */
export async function runParts(parts: readonly Part[], extent: Extent, all: readonly string[]): Promise<void> {
  await withTemporaryFolder(async () => {
    await using services = await openServices()
    for (const part of parts) {
      const { description } = part
      const started = performance.now()
      const progress = (line: string) => {
        const minutes = ((performance.now() - started) / 60_000).toFixed(1)
        process.stderr.write(`[${description.part}, ${minutes} min] ${line}\n`)
      }
      const scenarios = await part.run({ ...extent, services, progress })
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

/** Everything temporary is made in one folder, which Postgres must come through as a user of its own: an end at any moment leaves nothing. */
async function withTemporaryFolder(run: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  try {
    await run()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
