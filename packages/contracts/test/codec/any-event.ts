import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { fits } from '../../src/check/fits.ts'
import { isId } from '../../src/fields.ts'
import { allContracts, type CloudEvent, type Contract } from '../../src/index.ts'

/** The parts of JSON Schema that the contracts are made of. */
interface Known {
  readonly type?: string
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
  readonly minimum?: number
  readonly format?: string
  readonly description?: string
}

/** Text of odd characters that the store can keep. */
const text = (minLength: number, maxLength: number) =>
  fc
    .string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, 12) })
    .filter((one) => !one.includes('\0') && one.isWellFormed() && one.length >= minLength && one.length <= maxLength)
const printable = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((one) => one.length <= 100 && isId(one))
const time = fc
  .tuple(
    fc.date({ min: new Date('0002-01-01'), max: new Date('9998-12-31'), noInvalidDate: true }),
    fc.constantFrom('Z', '+02:00', '-11:30', 'z'),
  )
  .map(([date, zone]) => date.toISOString().replace('Z', zone))

/** Any value that a schema accepts. */
function anyOf(schema: TSchema): fc.Arbitrary<unknown> {
  const known: Known = schema
  if (known.anyOf) return fc.oneof(...known.anyOf.map(anyOf))
  if (known.enum) return fc.constantFrom(...known.enum)
  if (known.const !== undefined) return fc.constant(known.const)
  if (known.type === 'object') return objectOf(known)
  if (known.type === 'array')
    return fc.array(anyOf(known.items ?? {}), { minLength: known.minItems ?? 0, maxLength: 4 })
  if (known.type === 'integer') return fc.integer({ min: known.minimum ?? 0 })
  if (known.type === 'boolean') return fc.boolean()
  if (known.type === 'null') return fc.constant(null)
  if (known.format === 'date-time') return time
  const { description = '' } = known
  if (description.startsWith('a BCP 47')) return fc.constantFrom('en', 'de-AT', 'zh-Hant-TW', 'sr-Latn')
  if (description.startsWith('an IANA')) return fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu')
  if (description.startsWith('an e-mail')) return fc.constantFrom('a@b', 'ü+x@exämple.org')
  if (description.startsWith('a path')) return printable.map((path) => `/${encodeURIComponent(path)}`)
  if (description.startsWith('an id')) return printable
  return text(known.minLength ?? 0, known.maxLength ?? 12).filter((one) => fits(schema, one))
}

function objectOf({ properties = {}, required = [] }: Known): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, anyOf(schema)]))
  // Fields that the contract does not have are kept.
  const strange = fc.dictionary(
    fc.constantFrom('x', 'ünknown', '__proto__', 'toString'),
    fc.oneof(text(0, 5), fc.integer(), fc.constant(null), fc.array(fc.boolean())),
    { maxKeys: 2, noNullPrototype: true },
  )
  return fc
    .tuple(strange, fc.record(fields, { requiredKeys: [...required] }))
    .map(([more, own]) => ({ ...more, ...own }))
}

/** Rules that no schema says: an event must end after it starts. */
function ordered(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('startsAt' in data) || !('endsAt' in data) || 'position' in data)
    return data
  const [startsAt, endsAt] = [String(data.startsAt), String(data.endsAt)]
  if (Date.parse(startsAt) < Date.parse(endsAt)) return data
  return Date.parse(startsAt) === Date.parse(endsAt)
    ? { ...data, startsAt: '0002-01-01T00:00:00Z', endsAt: '0002-01-01T00:00:01Z' }
    : { ...data, startsAt: endsAt, endsAt: startsAt }
}

const attributes = fc
  .record(
    {
      id: text(1, 12),
      source: text(1, 12),
      time,
      subject: text(1, 12),
      dataschema: text(1, 12),
      traceparent: fc.constant('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
      tracestate: fc.constant('a=b'),
    },
    { requiredKeys: ['id', 'source', 'time'] },
  )
  .map(({ tracestate, ...rest }) =>
    rest.traceparent === undefined ? rest : { ...rest, ...(tracestate !== undefined && { tracestate }) },
  )

/** Any valid event of this contract. */
const eventOf = (contract: Contract): fc.Arbitrary<CloudEvent> =>
  fc
    .tuple(attributes, anyOf(contract.schema))
    .map(([given, data]) => contract.create({ ...given, data: ordered(data) }))

/** Any valid event of any contract. */
export const anyEvent: fc.Arbitrary<{ contract: Contract; event: CloudEvent }> = fc
  .constantFrom(...allContracts)
  .chain((contract) => eventOf(contract).map((event) => ({ contract, event })))
