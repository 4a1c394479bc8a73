import { allContracts, type CloudEvent, type Contract, encodeRecord } from '@belfry/contracts'
import type { NewRecord } from '@belfry/core'
import fc from 'fast-check'
import type { TSchema } from 'typebox'

/** The parts of JSON Schema that the contracts are made of. */
interface Known {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly items?: TSchema
  readonly minItems?: number
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly format?: string
}

export const now = Date.parse('2026-05-01T08:00:00Z')
const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString()
const hours = (min: number, max: number) => fc.integer({ min, max }).map(at)

/** People, rooms and bookings are few, so that events are about the same ones all the time. */
export const people = ['u1', 'u2', 'u3', 'u4', 'u5']
const person = fc.constantFrom(...people)
const pools: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  userId: person,
  cancelledBy: person,
  attendeeIds: fc.array(person, { maxLength: 3 }),
  managerIds: fc.array(person, { maxLength: 2 }),
  users: fc.array(person, { maxLength: 3 }),
  except: fc.array(person, { maxLength: 2 }),
  audiences: fc.uniqueArray(fc.constantFrom('role/admin', 'resource/r1/bookers', 'resource/r1/managers', 'everyone')),
  roles: fc.uniqueArray(fc.constantFrom('admin', 'member')),
  resourceId: fc.constantFrom('r1', 'r2'),
  bookingId: fc.constantFrom('b1', 'b2', 'b3'),
  waitlistId: fc.constantFrom('w1', 'w2'),
  conflictId: fc.constantFrom('c1', 'c2'),
  requestId: fc.constantFrom('q1', 'q2', 'q3'),
  startsAt: hours(-2, 0),
  endsAt: hours(1, 3),
  expiresAt: hours(-1, 2),
  locale: fc.constantFrom('en', 'de'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin'),
  email: fc.constantFrom('a@example.org', 'b@example.org'),
  link: fc.constant('/x'),
}

/** Values that a schema accepts, from the pools where a field has one. */
function anyValue(schema: TSchema, name = ''): fc.Arbitrary<unknown> {
  const known: Known = schema
  const pool = pools[name]
  if (pool) return pool
  if (known.anyOf) return fc.oneof(...known.anyOf.map((one) => anyValue(one, name)))
  if (known.enum) return fc.constantFrom(...known.enum)
  if (known.type === 'object') {
    const fields = Object.entries(known.properties ?? {}).map(([key, field]) => [key, anyValue(field, key)] as const)
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...(known.required ?? [])] })
  }
  if (known.type === 'array')
    return fc.array(anyValue(known.items ?? {}), { minLength: known.minItems ?? 0, maxLength: 3 })
  if (known.type === 'integer') return fc.integer({ min: known.minimum ?? 0, max: 9 })
  if (known.type === 'boolean') return fc.boolean()
  if (known.type === 'null') return fc.constant(null)
  if (known.format === 'date-time') return hours(-3, 3)
  return fc.constantFrom('one', 'zwei')
}

// Some are sent twice, some are days old.
const attributes = fc.record({
  id: fc.integer({ min: 0, max: 60 }).map((id) => `e${id}`),
  time: fc.oneof({ weight: 5, arbitrary: hours(-3, 0) }, { weight: 1, arbitrary: hours(-60, -30) }),
})
const eventOf = (contract: Contract): fc.Arbitrary<CloudEvent> =>
  fc
    .tuple(attributes, anyValue(contract.schema))
    .map(([given, data]) => contract.create({ source: `/${contract.type}`, ...given, data: withEveryone(data) }))

/** The audience of everyone is asked for by a switch of its own. */
function withEveryone(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('to' in data)) return data
  const { audiences = [], ...to }: { audiences?: readonly string[] } = Object(data.to)
  const named = audiences.filter((audience) => audience !== 'everyone')
  return { ...data, to: { ...to, audiences: named, everyone: named.length < audiences.length, users: ['u1'] } }
}

const topics = [...new Set(allContracts.map(({ topic }) => topic))]
const recordOf = (topic: string): fc.Arbitrary<NewRecord> => {
  const contracts = allContracts.filter((contract) => contract.topic === topic)
  const events = fc
    .constantFrom(...contracts)
    .chain((contract) => eventOf(contract).map((event) => encodeRecord(event, contract)))
  const poison = fc.constantFrom('{', '{"specversion":"1.0"}', '[]', 'ü').map(
    (value): NewRecord => ({
      topic,
      key: 'b1',
      value,
      headers: { 'content-type': 'application/cloudevents+json' },
    }),
  )
  return fc.oneof({ weight: 12, arbitrary: events }, { weight: 1, arbitrary: poison })
}

/** What happens between two moments at which everything is applied. */
export type Round =
  | { readonly kind: 'records'; readonly records: readonly NewRecord[] }
  | { readonly kind: 'fanOut'; readonly limit: number }
  | { readonly kind: 'read'; readonly person: string; readonly through: number }
  | { readonly kind: 'retry'; readonly id: number }

export const round: fc.Arbitrary<Round> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .constantFrom(...topics)
      .chain((topic) => fc.array(recordOf(topic), { minLength: 1, maxLength: 8 }))
      .map((records): Round => ({ kind: 'records', records })),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fanOut' as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), person, through: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry' as const), id: fc.integer({ min: 1, max: 4 }) }) },
)

export { topics }
