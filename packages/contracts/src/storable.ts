import type { Problem } from './errors.ts'
import { eventLimits } from './event-limits.ts'

const DEEPEST = eventLimits.DEPTH.most

/** Whether a store takes this string: Postgres refuses NUL and lone surrogates. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** What no store takes, anywhere in a JSON value, keys included, and nesting deeper than 64. Empty where all is well. */
export function unstorable(value: unknown, path: string): readonly Problem[] {
  if (allStorable(value, 0)) return []
  const problems: Problem[] = []
  explain(value, path, 0, problems)
  return problems
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

function explain(value: unknown, path: string, depth: number, problems: Problem[]): void {
  const note = (message: string) => problems.push({ path, message })
  if (typeof value === 'string' && !isStorable(value))
    note('holds NUL or half of a surrogate pair, which no store takes')
  if (typeof value !== 'object' || value === null) return
  if (depth >= DEEPEST) note(`is nested more than ${DEEPEST} levels deep`)
  else explainObject(value, path, depth, note, problems)
}

function explainObject(
  value: object,
  path: string,
  depth: number,
  note: (message: string) => void,
  problems: Problem[],
): void {
  for (const key of Object.keys(value)) {
    if (!isStorable(key)) note('has a key with NUL or half of a surrogate pair, which no store takes')
    else explain(Reflect.get(value, key), `${path}/${key}`, depth + 1, problems)
  }
}
