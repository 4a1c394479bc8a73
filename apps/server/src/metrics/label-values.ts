import { serverLimits } from '../limits/server-limits.ts'

/**
 * Makes what limits the values of one label: the first values are counted by themselves, and all that come later together, as `other`. A value may come from outside, and each is a line of `/metrics` for as long as the process lives.
 */
export function createLabelValues(most: number = serverLimits.LABEL_VALUES.most): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= most) return 'other'
    known.add(value)
    return value
  }
}
