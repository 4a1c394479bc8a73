import type { TSchema } from 'typebox'
import { didYouMean } from './did-you-mean.ts'

/** The keywords of JSON Schema that Belfry's schemas use. */
export interface Keywords {
  readonly type?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
  readonly additionalProperties?: boolean | TSchema
  readonly required?: readonly string[]
  /** A list for a tuple. */
  readonly items?: TSchema | readonly TSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly TSchema[]
  readonly allOf?: readonly TSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, TSchema>>
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** Describes what a schema expects: its own description, or one made from its keywords; with a suggestion if the value is close to a choice. */
export function expectation(schema: TSchema, value: unknown): string {
  const keywords: Keywords = schema
  const choices = choicesOf(keywords)
  const meant = choices && typeof value === 'string' ? didYouMean(value, choices.map(String)) : undefined
  const expected =
    keywords.description ??
    (choices
      ? choices
          .map((choice) => (choice === null ? 'null' : String(choice)))
          .join(', ')
          .replace(/, ([^,]*)$/, ' or $1')
      : inWords(keywords))
  return meant === undefined ? expected : `${expected}; did you mean ${meant}?`
}

function choicesOf(schema: Keywords): readonly unknown[] | undefined {
  if (schema.enum) return schema.enum
  if (schema.const !== undefined) return [schema.const]
  const branches = schema.anyOf?.map((branch: Keywords) => branch.const)
  return branches?.every((choice) => choice !== undefined) ? branches : undefined
}

function inWords({ type, anyOf, minimum, maximum }: Keywords): string {
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
