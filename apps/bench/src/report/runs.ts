import type { PartResult } from '../results/result.ts'

/** Returns in words how many runs the peers of the results have: `5 runs`, or `3–5 runs`. */
export function runsOf(...results: readonly PartResult[]): string {
  const counts = results.flatMap(({ scenarios }) =>
    scenarios.flatMap(({ peers }) => peers.map(({ runs }) => runs.length)),
  )
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  if (least === most) return least === 1 ? '1 run' : `${least} runs`
  return `${least}–${most} runs`
}
