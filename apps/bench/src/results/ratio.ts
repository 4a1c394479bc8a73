import { type Spread, spreadOf } from '../figures/spread.ts'
import type { Measurement, PeerResult, ScenarioResult } from './result.ts'

/** Returns the spread of a figure over the runs of a peer, or undefined if no run has it. */
export function spreadIn({ runs }: PeerResult, figure: string): Spread | undefined {
  const values = runs.map((run) => run.values[figure]).filter((value) => value !== undefined)
  return values.length === 0 ? undefined : spreadOf(values)
}

/** Returns the median of a figure of one peer by that of another, or undefined if one of them does not have it. */
export function ratioIn(
  { peers }: ScenarioResult,
  figure: string,
  [peer, beside]: readonly [peer: string, beside: string],
): number | undefined {
  const median = (name: string) => {
    const found = peers.find((one) => one.peer === name)
    return found === undefined ? undefined : spreadIn(found, figure)?.median
  }
  const [of, by] = [median(peer), median(beside)]
  return of === undefined || by === undefined || by === 0 ? undefined : of / by
}

/** Returns the run whose value of a figure is the median, or the one above it where the number of runs is even. */
export function medianRun({ runs }: PeerResult, figure: string): Measurement | undefined {
  const sorted = runs.toSorted((a, b) => (a.values[figure] ?? 0) - (b.values[figure] ?? 0))
  return sorted[Math.floor(sorted.length / 2)]
}
