import { createCheck, sentenceOf, unstorable } from '@belfry/contracts/check'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { serverErrors } from '../errors.ts'

/**
 * Checks requests with the schemas of the routes: every problem at once, unknown keys are problems, and so are strings that no
 * store takes. Queries and paths are text, so whole numbers in them are read first.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = createCheck(schema, { unknownKeys: 'refuse' })
  const text = httpPart === 'querystring' || httpPart === 'params'
  return (given: unknown) => {
    const value = text ? Value.Default(schema, withNumbers(given, schema)) : given
    const misfits = check(value)
    const problems = misfits.length > 0 ? misfits : unstorable(value, '')
    if (problems.length === 0) return { value }
    return { error: serverErrors.REQUEST_INVALID({ problems: sentenceOf(problems) }, { problems }) }
  }
}

/** Reads whole numbers where the schema wants them; anything else stays as it came, and is refused for what it is. */
function withNumbers(
  given: unknown,
  { properties = {} }: { readonly properties?: Readonly<Record<string, { readonly type?: unknown }>> },
) {
  const read = (name: string, value: unknown) =>
    properties[name]?.type === 'integer' && typeof value === 'string' && /^-?\d{1,16}$/.test(value)
      ? Number(value)
      : value
  return Object.fromEntries(Object.entries(Object(given)).map(([name, value]) => [name, read(name, value)]))
}
