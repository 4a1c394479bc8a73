import { createCheck, sentenceOf, unstorable } from '@belfry/contracts/check'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { serverErrors } from '../errors.ts'

/** The properties of a schema of a request. */
interface Properties {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown; readonly enum?: readonly unknown[] }>>
}
type Property = NonNullable<Properties['properties']>[string]

/**
 * Checks requests with the schemas of the routes: every problem at once, unknown keys are problems, and so are strings that no
 * store takes. What has no value is absent: a key of a body that is null, and a parameter of a query that is empty. Queries and paths are
 * text, so whole numbers in them are read first.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = createCheck(schema, { unknownKeys: 'refuse' })
  const read = httpPart === undefined ? undefined : READERS[httpPart]
  return (given: unknown) => {
    const value = read === undefined ? given : read(given, schema)
    const misfits = check(value)
    const problems = misfits.length > 0 ? misfits : unstorable(value, '')
    if (problems.length === 0) return { value }
    return { error: serverErrors.REQUEST_INVALID({ problems: sentenceOf(problems) }, { problems }) }
  }
}

/** How each part of a request is read before it is checked. */
const READERS: Readonly<Record<string, (given: unknown, schema: TSchema) => unknown>> = {
  body: (given, schema) => withoutEmpty(given, schema, (value) => value === null),
  querystring: (given, schema) =>
    Value.Default(schema, withNumbers(withoutEmpty(given, schema, isEmptyParameter), schema)),
  params: (given, schema) => Value.Default(schema, withNumbers(given, schema)),
}

/** Leaves out the keys of the schema that have no value; a key that the schema does not have stays, and is refused. */
function withoutEmpty(
  given: unknown,
  { properties = {} }: Properties,
  isEmpty: (value: unknown, property: Property) => boolean,
): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  const isThere = ([name, value]: readonly [string, unknown]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    return property === undefined || !isEmpty(value, property)
  }
  return Object.fromEntries(Object.entries(given).filter(isThere))
}

/** `null` is what many clients write for a number, or a choice, that they do not have. A text may be called that. */
const isEmptyParameter = (value: unknown, { type, enum: choices }: Property): boolean =>
  value === '' || (value === 'null' && (type === 'integer' || choices !== undefined))

/** Reads whole numbers where the schema wants them; anything else stays as it came, and is refused for what it is. */
function withNumbers(given: unknown, { properties = {} }: Properties) {
  const read = (name: string, value: unknown) =>
    properties[name]?.type === 'integer' && typeof value === 'string' && /^-?\d{1,16}$/.test(value)
      ? Number(value)
      : value
  return Object.fromEntries(Object.entries(Object(given)).map(([name, value]) => [name, read(name, value)]))
}
