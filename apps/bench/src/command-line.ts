import { parseArgs } from 'node:util'

/** What the bench was called with. */
export interface CommandLine {
  /** The parts to run, in the order of the bench; all unless some are named. */
  readonly parts: readonly string[]
  readonly runs: number
  readonly isQuick: boolean
}

const RUNS = 5

export const usage = (parts: readonly string[]): string =>
  `pnpm bench [part…] [--runs N] [--quick]

Measures Belfry beside its peers, and prints a table. Results are kept in apps/bench/results, with a page of all of them: index.html.

parts    ${parts.join(', ')}
--runs   runs of each peer in each scenario (${RUNS})
--quick  less in each run: for trying the bench, not for figures
`

/** Reads the arguments, or throws a sentence that names what is wrong. */
export function readCommandLine(args: readonly string[], parts: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { runs: { type: 'string', default: String(RUNS) }, quick: { type: 'boolean', default: false } },
  })
  const unknown = positionals.find((name) => !parts.includes(name))
  if (unknown !== undefined) throw new Error(`${unknown} is not a part: ${parts.join(', ')}`)
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs is ${values.runs}, expected a whole number from 1`)
  return {
    parts: positionals.length === 0 ? parts : parts.filter((part) => positionals.includes(part)),
    runs,
    isQuick: values.quick,
  }
}
