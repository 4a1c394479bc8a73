import { tokenFor } from '../load/token.ts'
import { SECRET } from './service.ts'

/** The sum and the count of a histogram of /metrics. */
export interface Total {
  readonly sum: number
  readonly count: number
}

/** Reads the sums of Belfry's histograms, by their names without `belfry_`. */
export async function readMetrics(http: string): Promise<ReadonlyMap<string, Total>> {
  const headers = { authorization: `Bearer ${tokenFor('bench', SECRET, 'ops')}` }
  const answer = await fetch(`${http}/metrics`, { headers })
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`)
  const text = await answer.text()
  const values = new Map(
    [...text.matchAll(/^belfry_(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
  )
  return new Map(
    [...values.keys()]
      .filter((name) => name.endsWith('_sum'))
      .map((name) => name.slice(0, -'_sum'.length))
      .map((name) => [name, { sum: values.get(`${name}_sum`) ?? 0, count: values.get(`${name}_count`) ?? 0 }]),
  )
}

/** Returns the mean of what a histogram counted between two readings, or undefined if it counted nothing. */
export function meanBetween(
  [before, after]: readonly [before: ReadonlyMap<string, Total>, after: ReadonlyMap<string, Total>],
  name: string,
): number | undefined {
  const [from, to] = [before.get(name), after.get(name)]
  if (to === undefined) return undefined
  const count = to.count - (from?.count ?? 0)
  return count === 0 ? undefined : (to.sum - (from?.sum ?? 0)) / count
}
