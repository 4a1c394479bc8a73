/** Counts of values between bounds that grow by the same factor: the value of bucket `n` lies from 10^(n/10) to below 10^((n+1)/10). */
export type Histogram = Readonly<Record<string, number>>

const BUCKETS_PER_DECADE = 10
/** Values below it are counted as it. */
const SMALLEST = 0.1

/** Counts the values in buckets of a tenth of a decade. */
export function histogramOf(values: readonly number[]): Histogram {
  const counts: Record<string, number> = {}
  for (const value of values) {
    const bucket = Math.floor(Math.log10(Math.max(value, SMALLEST)) * BUCKETS_PER_DECADE)
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  return counts
}

/** Adds the counts of several runs. */
export function sumOfHistograms(histograms: readonly Histogram[]): Histogram {
  const counts: Record<string, number> = {}
  for (const histogram of histograms)
    for (const [bucket, count] of Object.entries(histogram)) counts[bucket] = (counts[bucket] ?? 0) + count
  return counts
}

/** Returns the lower bound of a bucket and its share of all values in percent, in order, with the empty buckets between them. */
export function sharesOf(histogram: Histogram): readonly (readonly [from: number, percent: number])[] {
  const buckets = Object.keys(histogram).map(Number)
  const total = Object.values(histogram).reduce((sum, count) => sum + count, 0)
  if (total === 0) return []
  const first = Math.min(...buckets)
  return Array.from({ length: Math.max(...buckets) - first + 1 }, (_, index) => {
    const bucket = first + index
    return [10 ** (bucket / BUCKETS_PER_DECADE), (100 * (histogram[bucket] ?? 0)) / total]
  })
}
