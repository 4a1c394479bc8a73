import type { TSchema } from 'typebox'
import type { Problem } from '../errors.ts'
import { textKinds } from '../printable.ts'
import { textProblem } from '../text-problem.ts'
import { didYouMean } from './did-you-mean.ts'
import { expectation, type Keywords } from './expectation.ts'
import { compiled, fits } from './fits.ts'
import { ProblemList } from './problem-list.ts'
import { shorten, shown } from './shown.ts'

/**
 * Returns every problem of a value: the first hundred, and the number of the others. The list is empty if the value fits the schema.
 * `at` is put before each path. With `found`, the problems are added to that list.
 */
export type Check = (value: unknown, at?: string, found?: ProblemList) => readonly Problem[]

const noProblems: readonly Problem[] = []

/**
 * Compiles a schema and returns its check. A problem quotes the schema's `description` as what was expected. Keys that the schema does not
 * have are kept; with `unknownKeys: 'refuse'` they are problems.
 */
export function createCheck(
  schema: TSchema,
  { unknownKeys = 'keep' }: { unknownKeys?: 'keep' | 'refuse' } = {},
): Check {
  const whole = compiled(schema)
  const closed = unknownKeys === 'refuse'
  return (value, at = '', found) => {
    const isFitting = whole.Check(value)
    if (isFitting && !closed) return found?.problems ?? noProblems
    const list = found ?? new ProblemList()
    const before = list.count
    explain(schema, value, at, closed, list)
    // TypeBox decides and `explain` only finds the places: a value for which it finds none is refused too.
    if (!isFitting && list.count === before) list.add(at, () => `is ${shown(value)}, which is not as expected`)
    return list.problems
  }
}

/** Adds a problem for each place where the value does not fit, in the order of the schema. */
function explain(schema: TSchema, value: unknown, path: string, closed: boolean, found: ProblemList): void {
  const keywords: Keywords = schema
  const structure = branchFor(keywords, value)
  if (structure !== undefined) explain(structure, value, path, closed, found)
  else if (keywords.properties !== undefined && isObject(value)) explainObject(keywords, value, path, closed, found)
  else if (keywords.patternProperties !== undefined && isObject(value)) {
    const [of] = Object.values(keywords.patternProperties)
    for (const [key, one] of Object.entries(value)) if (of) explain(of, one, `${path}/${pointer(key)}`, closed, found)
  } else if (keywords.items !== undefined && !Array.isArray(keywords.items) && Array.isArray(value))
    explainArray(keywords, keywords.items, value, path, closed, found)
  else if (!fits(schema, value))
    found.add(path, () => `${misfit(keywords, value)}, expected ${expectation(schema, value)}`)
}

/** What is wrong with the characters of a text, or else the value; a number in the place of a text, whose digits may be a valid text, as one. */
function misfit(schema: Keywords, value: unknown): string {
  const { pattern = '', type }: Keywords = schema.anyOf?.find((branch: Keywords) => branch.type === 'string') ?? schema
  if (type === 'string' && typeof value === 'number') return `is the number ${shown(value)}`
  const kind = textKinds.get(pattern)
  const isText = kind !== undefined && typeof value === 'string' && value !== '' && value.length <= MAX_EXPLAINED_LENGTH
  return (isText && textProblem(value, kind)) || `is ${shown(value)}`
}
/** A longer text is too long, whatever it holds. */
const MAX_EXPLAINED_LENGTH = 10_000

/** The one branch of a choice that has the value's structure (object or array), if there is exactly one: its problems are more precise. */
function branchFor({ anyOf }: Keywords, value: unknown): TSchema | undefined {
  if (anyOf === undefined || anyOf.some((branch) => fits(branch, value))) return undefined
  const fitting = anyOf.filter(
    (branch: Keywords) =>
      (isObject(value) && branch.type === 'object') || (Array.isArray(value) && branch.type === 'array'),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function explainObject(
  schema: Keywords,
  value: Readonly<Record<string, unknown>>,
  path: string,
  closed: boolean,
  found: ProblemList,
): void {
  const properties = schema.properties ?? {}
  const unknownKeys = Object.keys(value).filter((key) => !Object.hasOwn(properties, key))
  for (const [key, of] of Object.entries(properties)) {
    const place = `${path}/${pointer(key)}`
    if (Object.hasOwn(value, key) && value[key] !== undefined) explain(of, value[key], place, closed, found)
    else if (schema.required?.includes(key))
      found.add(place, () => {
        const meant = didYouMean(key, unknownKeys)
        return `is missing${meant === undefined ? '' : ` (found ${meant}, did you mean that?)`}`
      })
  }
  if (closed) refuseKeys(unknownKeys, Object.keys(properties), path, found)
}

/** Adds a problem for each key that the schema does not have, as long as the list has room. */
function refuseKeys(unknownKeys: readonly string[], names: readonly string[], path: string, found: ProblemList): void {
  const named = unknownKeys.slice(0, Math.max(0, found.room))
  for (const key of named)
    found.add(`${path}/${pointer(key)}`, () => {
      const meant = didYouMean(key, names)
      return `is unknown${meant === undefined ? '' : `, did you mean ${meant}?`}`
    })
  found.skip(unknownKeys.length - named.length)
}

function explainArray(
  schema: Keywords,
  items: TSchema,
  value: readonly unknown[],
  path: string,
  closed: boolean,
  found: ProblemList,
): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema
  if (value.length < minItems) found.add(path, () => `has ${value.length} entries, expected at least ${minItems}`)
  if (value.length > maxItems) found.add(path, () => `has ${value.length} entries, expected at most ${maxItems}`)
  // In a list that is too long, the problems of its entries would only hide that it is too long.
  else value.forEach((one, index) => void explain(items, one, `${path}/${index}`, closed, found))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const pointer = (key: string) => shorten(key).replaceAll('~', '~0').replaceAll('/', '~1')
