import { ratioIn, spreadIn } from '../results/ratio.ts'
import type { Figure, PartDescription, ScenarioResult } from '../results/result.ts'
import { format } from './format.ts'

/** What a table has at one place. */
export interface Cell {
  readonly median: string
  /** From the least to the most of all runs; empty where there was one run. */
  readonly range: string
  /** Beside the baseline; undefined for the baseline itself, and where the figure is not compared. */
  readonly ratio: string | undefined
}

/** A figure of a scenario, with a cell for each peer: undefined where the peer does not have the figure. */
export interface Row {
  readonly figure: Figure
  readonly cells: readonly (Cell | undefined)[]
}

/** Makes the rows of a scenario: those of the figures that at least one peer has. */
export function rowsOf({ figures }: PartDescription, scenario: ScenarioResult): readonly Row[] {
  return figures
    .map((figure) => ({
      figure,
      cells: scenario.peers.map(({ peer }) => cellOf(scenario, figure, peer)),
    }))
    .filter(({ cells }) => cells.some((cell) => cell !== undefined))
}

function cellOf(scenario: ScenarioResult, { key, hasRatio }: Figure, peer: string): Cell | undefined {
  const result = scenario.peers.find((one) => one.peer === peer)
  const spread = result === undefined ? undefined : spreadIn(result, key)
  if (spread === undefined) return undefined
  const { baseline } = scenario
  const ratio = hasRatio && peer !== baseline ? ratioIn(scenario, key, [peer, baseline]) : undefined
  return {
    median: format(spread.median),
    range: spread.min === spread.max ? '' : `${format(spread.min)}–${format(spread.max)}`,
    ratio: ratio === undefined ? undefined : `×${ratio.toFixed(2)}`,
  }
}
