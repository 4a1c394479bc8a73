import { parseArgs } from 'node:util'

const COMMANDS = ['guard', 'record', 'readme'] as const

/** What the bench was called with. */
export interface CommandLine {
  readonly command: 'run' | 'help' | (typeof COMMANDS)[number]
  /** The parts to run, in the order of the bench; all unless some are named. */
  readonly parts: readonly string[]
  readonly runs: number
  readonly isQuick: boolean
  /** What the names of the scenarios contain; empty for all. */
  readonly only: string
}

const RUNS = 5

export const usage = (parts: readonly string[]): string =>
  `pnpm bench [part…] [--runs N] [--quick] [--only TEXT]   measures Belfry beside its peers
pnpm bench readme   writes the last results into README.md
pnpm bench guard    measures a little, and fails where a ratio is worse than half of apps/bench/guard.json
pnpm bench record   measures a little, and writes apps/bench/guard.json

parts    ${parts.join(', ')}
--runs   runs of each peer in each scenario (${RUNS})
--only   scenarios whose names contain this; the others of a part stay as they were measured last
--quick  less in each run: to try the bench, not for figures

The results are kept in apps/bench/results, with a page of all of them: index.html.
`

/** Reads the arguments, or throws a sentence that names what is wrong. */
export function readCommandLine(args: readonly string[], parts: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: String(RUNS) },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs is ${values.runs}, expected a whole number from 1`)
  const extent = { runs, isQuick: values.quick, only: values.only }
  if (values.help) return { command: 'help', parts, ...extent }
  const command = COMMANDS.find((one) => positionals.includes(one))
  if (command !== undefined && positionals.length === 1) return { command, parts, ...extent }
  const unknown = positionals.find((name) => !parts.includes(name))
  if (unknown !== undefined)
    throw new Error(`${unknown} is not a part: ${parts.join(', ')}; ${COMMANDS.join(', ')} stand alone`)
  const named = parts.filter((part) => positionals.includes(part))
  return { command: 'run', parts: named.length === 0 ? parts : named, ...extent }
}
