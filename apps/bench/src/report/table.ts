import type { PartResult, ScenarioResult } from '../results/result.ts'
import { type Cell, rowsOf } from './rows.ts'
import { runsOf } from './runs.ts'

/** Makes the tables of a part for a terminal. */
export function tableOf(result: PartResult): string {
  const { part, compares } = result
  const head = `${part}: ${compares}\nMedians of ${runsOf(result)} (from the least to the most), and ratios (×) to the peer in brackets.`
  return [head, ...result.scenarios.map((scenario) => scenarioTable(result, scenario))].join('\n\n')
}

function scenarioTable(result: PartResult, scenario: ScenarioResult): string {
  const lines = [
    [scenario.name, ...scenario.peers.map(({ peer }) => (peer === scenario.baseline ? `[${peer}]` : peer))],
    ...rowsOf(result, scenario).map(({ figure, cells }) => [`${figure.title}, ${figure.unit}`, ...cells.map(textOf)]),
  ]
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '–'
  const { median, range, ratio } = cell
  return [median, range === '' ? '' : `(${range})`, ratio ?? ''].filter((text) => text !== '').join(' ')
}
