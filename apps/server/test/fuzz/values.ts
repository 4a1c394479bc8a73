import { textProblem } from '@belfry/contracts/check'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'

/** The parts of JSON Schema that the routes are made of. */
interface Known {
  readonly $ref?: string
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly items?: TSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** Any value that a schema accepts. */
export function fitting(schema: TSchema): fc.Arbitrary<unknown> {
  return shaped(schema).filter((value) => Value.Check(schema, value))
}

function shaped(schema: TSchema): fc.Arbitrary<unknown> {
  const known: Known = schema
  if (known.$ref !== undefined) throw new Error(`values of ${known.$ref} cannot be made: resolve references first`)
  if (known.anyOf) return fc.oneof(...known.anyOf.map(fitting))
  if (known.enum) return fc.constantFrom(...known.enum)
  if (known.const !== undefined) return fc.constant(known.const)
  if (known.type === 'object') return objectOf(known)
  if (known.type === 'array')
    return fc.array(fitting(known.items ?? {}), {
      minLength: known.minItems ?? 0,
      maxLength: Math.min(known.maxItems ?? 4, 4),
    })
  if (known.type === 'integer') return integerOf(known)
  if (known.type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true })
  if (known.type === 'boolean') return fc.boolean()
  if (known.type === 'null') return fc.constant(null)
  if (known.type === 'string') return stringOf(known)
  return fc.jsonValue()
}

function objectOf({ properties = {}, required = [] }: Known): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, fitting(of)]))
  return fc.record(fields, { requiredKeys: [...required], noNullPrototype: true })
}

/** Small numbers more often: they name what is there. */
function integerOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Known): fc.Arbitrary<number> {
  const near = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 5) })
  return fc.oneof(near, fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))
}

/** The years that a store and RFC 3339 can both write. */
const YEARS = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }

/** No store takes NUL or half of a surrogate pair, whatever the schema says. */
function stringOf({ minLength = 0, maxLength = 20, pattern, format }: Known): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.date(YEARS).map((date) => date.toISOString())
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 20)) }
  const most = fc.string({ unit: 'grapheme', minLength: maxLength, maxLength })
  const text = fc.oneof(
    { arbitrary: fc.string({ ...size, unit: 'grapheme' }), weight: 8 },
    { arbitrary: fc.string({ ...size, unit: 'binary' }), weight: 4 },
    { arbitrary: maxLength <= 1_000 ? most : fc.constant('x'.repeat(minLength)), weight: 1 },
  )
  const long = (one: string) => one.length >= minLength && one.length <= maxLength
  // A pattern cannot express all that an id refuses: characters outside the basic plane, for instance.
  const matches = (one: string) =>
    pattern === undefined || (new RegExp(pattern).test(one) && textProblem(one, 'line') === undefined)
  return text.filter((one) => long(one) && matches(one) && one.isWellFormed() && !one.includes('\0'))
}

const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`

/** Text where JSON of another kind is expected; some of it is no JSON at all. */
export const oddJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['null', 'true', '0', '-1', '-0', '1.5', '1e3', '1e400', '-1e400', 'NaN', 'Infinity', 'undefined', ''],
    ...['2147483648', '9007199254740993', '123456789012345678901234567890', '"1"', '""', '[]', '{}', '[[]]', '{', ']'],
    ...['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\u0000"', '"\n"', '"🛎️"', '"\u202e"', '"ﷺ"'],
    ...['"__proto__"', '{"__proto__":{"read":true}}', '{"constructor":{"prototype":{"read":true}}}'],
    ...['"\'; drop table inbox; --"', "\"1' or '1'='1\"", '"../../../../etc/passwd"', '"%00"', '"%"', '"${7*7}"'],
    ...['"<script>alert(1)</script>"', '"a\\r\\nset-cookie: b"', `"${'x'.repeat(10_000)}"`, '9'.repeat(10_000)],
    ...[deep(100, '[', ']'), deep(5_000, '[', ']'), deep(100, '{"a":', '}'), deep(5_000, '{"a":', '}')],
  ),
  fc.json({ maxDepth: 3 }),
)

/** Text where a part of an address is expected. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['', '.', '..', '%2e%2e', '..%2f..%2fetc%2fpasswd', '....//', '%', '%0', '%00', '%0d%0aa:b', '%ff', '%C0%AE'],
    ...['%ED%A0%80', '%F0%9F%94%94', '%u0041', '0', '-1', '-0', '+1', '01', '1.5', '1e3', '1e400', 'NaN', 'Infinity'],
    ...['2147483647', '2147483648', '9007199254740993', '123456789012345678901234567890', '0x1', '1n', 'null', 'true'],
    ...["'%3B%20drop%20table%20inbox%3B%20--", "1'%20or%20'1'='1", '$1', '__proto__', 'constructor', 'toString'],
    ...['[object%20Object]', '{seq}', ':seq', '*', '\xff', 'x'.repeat(200), 'x'.repeat(300), 'x'.repeat(10_000)],
    ...['<script>', '%3Cscript%3E', ';a=b', '1;2', '1,2', '1/2', '1%2F2', '1%3F2', '1%232', '~', '|', '\\', '`'],
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[ ?#]/g, '+')),
)
