/** A ratio of Belfry to its peer, and which way is better. */
export interface GuardedRatio {
  readonly title: string
  readonly better: 'more' | 'less'
  readonly ratio: number
}

/** A ratio beside the one that is recorded for it. */
export interface Verdict extends GuardedRatio {
  readonly recorded: number | undefined
  /** Whether it is worse than half of what is recorded; false where nothing is recorded. */
  readonly hasFailed: boolean
}

/** What a machine that is busy with something else does not reach. */
const TOLERANCE = 2

/** Compares ratios with those that are recorded under their titles. */
export function verdictsOf(
  ratios: readonly GuardedRatio[],
  recorded: Readonly<Record<string, number>>,
): readonly Verdict[] {
  return ratios.map((one) => {
    const before = recorded[one.title]
    const limit = before === undefined ? undefined : one.better === 'more' ? before / TOLERANCE : before * TOLERANCE
    const isWithin = limit === undefined || (one.better === 'more' ? one.ratio >= limit : one.ratio <= limit)
    return { ...one, recorded: before, hasFailed: !isWithin }
  })
}

/** A line for each ratio. */
export function linesOf(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ title }) => title.length))
  return verdicts
    .map(({ title, ratio, recorded, better, hasFailed }) => {
      const beside =
        recorded === undefined ? 'nothing is recorded' : `recorded ${recorded.toFixed(2)}, ${better} is better`
      return `${title.padEnd(width)}  ×${ratio.toFixed(2)}  (${beside})${hasFailed ? '  WORSE THAN HALF' : ''}`
    })
    .join('\n')
}
