import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import Value from 'typebox/value'
import { didYouMean } from './did-you-mean.ts'
import type { Problem } from './errors.ts'
import { shown } from './shown.ts'

export { didYouMean } from './did-you-mean.ts'
export { shown } from './shown.ts'
export { unstorable } from './storable.ts'

/** Whether a value fits a schema: every problem at once, none where it fits. `at` is put before each path. */
export type Check = (value: unknown, at?: string) => readonly Problem[]

const none: readonly Problem[] = []

/**
 * Compiles a schema once and answers its check. The schema's `description` says what was expected. Keys that the schema does
 * not know are kept, or with `unknownKeys: 'refuse'` are problems.
 */
export function createCheck(
  schema: TSchema,
  { unknownKeys = 'keep' }: { unknownKeys?: 'keep' | 'refuse' } = {},
): Check {
  const compiled = Compile(schema)
  const closed = unknownKeys === 'refuse'
  return (value, at = '') => {
    const fits = compiled.Check(value)
    if (fits && !closed) return none
    const problems: Problem[] = []
    explain(schema, value, at, closed, problems)
    // The explanation is ours and the verdict is not: what it cannot explain is refused all the same.
    if (!fits && problems.length === 0)
      problems.push({ path: at, message: `is ${shown(value)}, which is not as expected` })
    return problems
  }
}

/** One sentence of all problems: `data.startsAt is "tomorrow", expected …; data.userId is missing`. */
export function sentenceOf(problems: readonly Problem[]): string {
  return problems
    .map(({ path, message }) => `${path === '' ? 'it' : path.slice(1).replaceAll('/', '.')} ${message}`)
    .join('; ')
}

/** The parts of JSON Schema that our schemas are made of. */
interface Known {
  readonly type?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly items?: TSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
}

/** Finds every place where the value does not fit, in the order of the schema. */
function explain(schema: TSchema, value: unknown, path: string, closed: boolean, problems: Problem[]): void {
  const known: Known = schema
  const structure = branchFor(known, value)
  if (structure !== undefined) explain(structure, value, path, closed, problems)
  else if (known.properties !== undefined && isObject(value)) explainObject(known, value, path, closed, problems)
  else if (known.patternProperties !== undefined && isObject(value)) {
    const [of] = Object.values(known.patternProperties)
    for (const [key, one] of Object.entries(value))
      if (of) explain(of, one, `${path}/${pointer(key)}`, closed, problems)
  } else if (known.items !== undefined && Array.isArray(value))
    explainArray(known, known.items, value, path, closed, problems)
  else if (!Value.Check(schema, value))
    problems.push({ path, message: `is ${shown(value)}, expected ${expectation(schema, value)}` })
}

/** Of a choice, the branch that is of the value's own structure, if there is exactly one: its problems say more. */
function branchFor({ anyOf }: Known, value: unknown): TSchema | undefined {
  if (anyOf === undefined || anyOf.some((branch) => Value.Check(branch, value))) return undefined
  const fitting = anyOf.filter(
    (branch: Known) =>
      (isObject(value) && branch.type === 'object') || (Array.isArray(value) && branch.type === 'array'),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function explainObject(
  schema: Known,
  value: Readonly<Record<string, unknown>>,
  path: string,
  closed: boolean,
  problems: Problem[],
): void {
  const properties = schema.properties ?? {}
  const strangers = Object.keys(value).filter((key) => !Object.hasOwn(properties, key))
  for (const [key, of] of Object.entries(properties)) {
    const place = `${path}/${pointer(key)}`
    if (Object.hasOwn(value, key) && value[key] !== undefined) explain(of, value[key], place, closed, problems)
    else if (schema.required?.includes(key)) {
      const found = didYouMean(key, strangers)
      problems.push({
        path: place,
        message: `is missing${found === undefined ? '' : ` (found ${found}, did you mean that?)`}`,
      })
    }
  }
  if (!closed) return
  for (const key of strangers) {
    const meant = didYouMean(key, Object.keys(properties))
    problems.push({
      path: `${path}/${pointer(key)}`,
      message: `is not known here${meant === undefined ? '' : `, did you mean ${meant}?`}`,
    })
  }
}

function explainArray(
  schema: Known,
  items: TSchema,
  value: readonly unknown[],
  path: string,
  closed: boolean,
  problems: Problem[],
): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema
  if (value.length < minItems)
    problems.push({ path, message: `has ${value.length} entries, expected at least ${minItems}` })
  if (value.length > maxItems)
    problems.push({ path, message: `has ${value.length} entries, expected at most ${maxItems}` })
  // Beyond what is allowed, each entry's own problems would only bury that one.
  else value.forEach((one, index) => void explain(items, one, `${path}/${index}`, closed, problems))
}

/** What a schema expects, in words: its own description, or what its keywords say; with what a near miss most likely means. */
function expectation(schema: TSchema, value: unknown): string {
  const known: Known = schema
  const choices = choicesOf(known)
  const meant = choices && typeof value === 'string' ? didYouMean(value, choices.map(String)) : undefined
  const expected =
    known.description ??
    (choices
      ? choices
          .map((choice) => (choice === null ? 'null' : String(choice)))
          .join(', ')
          .replace(/, ([^,]*)$/, ' or $1')
      : inWords(known))
  return meant === undefined ? expected : `${expected}; did you mean ${meant}?`
}

function choicesOf(schema: Known): readonly unknown[] | undefined {
  if (schema.enum) return schema.enum
  if (schema.const !== undefined) return [schema.const]
  const branches = schema.anyOf?.map((branch: Known) => branch.const)
  return branches?.every((choice) => choice !== undefined) ? branches : undefined
}

function inWords({ type, anyOf, minimum, maximum }: Known): string {
  if (anyOf) return anyOf.map((branch) => expectation(branch, undefined)).join(', or ')
  const limits = [minimum !== undefined && `at least ${minimum}`, maximum !== undefined && `at most ${maximum}`].filter(
    Boolean,
  )
  const name =
    type === 'integer'
      ? 'a whole number'
      : type === 'boolean'
        ? 'true or false'
        : type === 'null'
          ? 'null'
          : type === 'array'
            ? 'a list'
            : `a${type === 'object' ? 'n' : ''} ${String(type)}`
  return limits.length > 0 ? `${name} of ${limits.join(' and ')}` : name
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const pointer = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')
