import type { Problem } from '../errors.ts'
import { eventLimits } from '../event-limits.ts'
import { ProblemList } from './problem-list.ts'
import { shorten } from './shown.ts'

const MAX_DEPTH = eventLimits.DEPTH.most
const REFUSED = 'NUL or half of a surrogate pair, which the store cannot keep'

/** Whether a store can keep this string: Postgres refuses NUL and lone surrogates. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Returns a problem for each string and key of a JSON value that a store cannot keep, and for nesting deeper than 64 levels. */
export function unstorable(value: unknown, path: string, found = new ProblemList()): readonly Problem[] {
  if (!allStorable(value, 0)) explain(value, path, 0, found)
  return found.problems
}

/** The fast path, for nearly every event: it builds no paths. */
function allStorable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((one) => allStorable(one, depth + 1))
  for (const key of Object.keys(value))
    if (!isStorable(key) || !allStorable(Reflect.get(value, key), depth + 1)) return false
  return true
}

function explain(value: unknown, path: string, depth: number, found: ProblemList): void {
  if (typeof value === 'string' && !isStorable(value)) found.add(path, () => `holds ${REFUSED}`)
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) found.add(path, () => `is nested more than ${MAX_DEPTH} levels deep`)
  else
    for (const key of Object.keys(value)) {
      if (!isStorable(key)) found.add(path, () => `has a key with ${REFUSED}`)
      else explain(Reflect.get(value, key), `${path}/${shorten(key)}`, depth + 1, found)
    }
}
