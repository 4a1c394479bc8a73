import { readCommandLine, usage } from './command-line.ts'
import { drain } from './parts/drain.ts'
import { latency } from './parts/latency.ts'
import { runParts } from './run-parts.ts'

const all = [drain, latency]
const names = all.map(({ description }) => description.part)

if (process.argv.includes('--help')) process.stdout.write(usage(names))
else
  try {
    const { parts, ...extent } = readCommandLine(process.argv.slice(2), names)
    await runParts(
      all.filter(({ description }) => parts.includes(description.part)),
      extent,
      names,
    )
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
