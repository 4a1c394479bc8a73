import type { Problem } from '../errors.ts'
import { eventLimits } from '../event-limits.ts'
import { ProblemList } from './problem-list.ts'
import { shorten } from './shown.ts'

const DEEPEST = eventLimits.DEPTH.most
const REFUSED = 'NUL or half of a surrogate pair, which no store takes'

/** Whether a store takes this string: Postgres refuses NUL and lone surrogates. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** What no store takes, anywhere in a JSON value, keys included, and nesting deeper than 64. Empty where all is well. */
export function unstorable(value: unknown, path: string, found = new ProblemList()): readonly Problem[] {
  if (!allStorable(value, 0)) explain(value, path, 0, found)
  return found.problems
}

/** The quick answer, which nearly every event gets: no paths are built. */
function allStorable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth >= DEEPEST) return false
  if (Array.isArray(value)) return value.every((one) => allStorable(one, depth + 1))
  for (const key of Object.keys(value))
    if (!isStorable(key) || !allStorable(Reflect.get(value, key), depth + 1)) return false
  return true
}

function explain(value: unknown, path: string, depth: number, found: ProblemList): void {
  if (typeof value === 'string' && !isStorable(value)) found.add(path, () => `holds ${REFUSED}`)
  if (typeof value !== 'object' || value === null) return
  if (depth >= DEEPEST) found.add(path, () => `is nested more than ${DEEPEST} levels deep`)
  else
    for (const key of Object.keys(value)) {
      if (!isStorable(key)) found.add(path, () => `has a key with ${REFUSED}`)
      else explain(Reflect.get(value, key), `${path}/${shorten(key)}`, depth + 1, found)
    }
}
