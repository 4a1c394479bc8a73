import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allContracts,
  BelfryError,
  type CloudEvent,
  type Contract,
  decodeEnvelope,
  decodeHttp,
  decodeRecord,
  encodeHttp,
  encodeRecord,
  eventErrors,
  type KafkaRecord,
} from '../../src/index.ts'
import { anyEvent } from './any-event.ts'

const contracts: ReadonlyMap<string, Contract> = new Map(allContracts.map((contract) => [contract.type, contract]))
const bytes = (text: string) => new TextEncoder().encode(text)
const structured = (event: object): KafkaRecord => ({
  key: null,
  value: bytes(JSON.stringify(event)),
  headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
  timestamp: 0,
})
const binary = (event: CloudEvent, contract: Contract): KafkaRecord => {
  const { key, value, headers } = encodeRecord(event, contract)
  return { key: bytes(key), value: bytes(value), headers, timestamp: 0 }
}
const http = { acceptedAt: '2026-05-01T08:00:00Z', maxBatch: 1_000 }
/** Headers of HTTP are ASCII; the rest is percent-encoded. */
const httpHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace('ce_', 'ce-'),
      name.startsWith('ce_') ? encodeURIComponent(value) : value,
    ]),
  )

describe('any event of any contract', () => {
  it('survives both modes of Kafka', () => {
    fc.assert(
      fc.property(anyEvent, ({ contract, event }) => {
        expect(decodeRecord(binary(event, contract), contracts)).toEqual({ kind: 'event', event, contract })
        expect(decodeRecord(structured(event), contracts)).toEqual({ kind: 'event', event, contract })
      }),
      { numRuns: 500 },
    )
  })

  it('survives all three modes of HTTP', () => {
    fc.assert(
      fc.property(anyEvent, ({ contract, event }) => {
        const expected = { ok: true, events: [{ event, contract }] }
        const { value, headers } = encodeRecord(event, contract)
        expect(decodeHttp(encodeHttp(event), contracts, http)).toEqual(expected)
        expect(decodeHttp({ headers: httpHeaders(headers), body: value }, contracts, http)).toEqual(expected)
        const batch = {
          headers: { 'content-type': 'application/cloudevents-batch+json' },
          body: bytes(JSON.stringify([event, event])),
        }
        expect(decodeHttp(batch, contracts, http)).toEqual({
          ok: true,
          events: [
            { event, contract },
            { event, contract },
          ],
        })
      }),
      { numRuns: 500 },
    )
  })

  it('is refused with a code, or read, when it is mutilated, and nothing is thrown', () => {
    const codes = new Set(Object.keys(eventErrors))
    const seen = new Set<string>()
    const coded = (error: unknown) => {
      expect(error).toBeInstanceOf(BelfryError)
      if (error instanceof BelfryError) {
        expect(codes.has(error.code)).toBe(true)
        seen.add(error.code)
      }
    }
    fc.assert(
      fc.property(
        anyEvent,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('drop', 'flip', 'insert'), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        ({ contract, event }, cuts, asHeaders) => {
          const record = asHeaders ? binary(event, contract) : structured(event)
          const value = [...(record.value ?? [])]
          for (const [at, how, byte] of cuts)
            value.splice(at % (value.length + 1), how === 'insert' ? 0 : 1, ...(how === 'drop' ? [] : [byte]))
          const mutilated = { ...record, value: Uint8Array.from(value) }
          const decoded = decodeRecord(mutilated, contracts)
          if (decoded.kind === 'invalid') coded(decoded.error)
          const answer = decodeHttp(
            { headers: { ...mutilated.headers, 'ce-specversion': '1.0' }, body: mutilated.value },
            contracts,
            http,
          )
          if (!answer.ok) coded(answer.error)
        },
      ),
      { numRuns: 2_000 },
    )
    expect(seen.has('EVENT_NOT_JSON') && seen.has('EVENT_INVALID')).toBe(true)
  })

  it('is refused with every path when fields are lost or of another kind', () => {
    fc.assert(
      fc.property(
        anyEvent,
        fc.nat(),
        fc.constantFrom<unknown>(undefined, 7, true, [], {}, 'a\0b', '\ud800', ''),
        ({ contract, event }, which, instead) => {
          const required: readonly string[] = contract.schema.required ?? []
          const field = required[which % required.length] ?? ''
          const data = { ...Object(event.data), [field]: instead }
          // An empty object or list may be what was expected.
          if (contract.check({ ...event, data }).ok) return
          const decoded = decodeRecord(structured({ ...event, data }), contracts)
          expect(decoded.kind).toBe('invalid')
          if (decoded.kind === 'invalid')
            expect(
              decoded.error.problems.map(({ path }) => path).some((path) => path.startsWith(`/data/${field}`)),
            ).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a record', () => {
  const [contract] = allContracts
  if (!contract) throw new Error('there are no contracts')
  const data = {
    bookingId: 'b',
    userId: 'u',
    resourceId: 'r',
    startsAt: '2026-05-01T10:00:00Z',
    endsAt: '2026-05-01T11:00:00Z',
  }
  const event = contract.create({ source: '/s', id: '1', data })
  const invalid = (record: KafkaRecord) => {
    const decoded = decodeRecord(record, contracts)
    return decoded.kind === 'invalid' ? decoded.error.message : decoded.kind
  }

  it('without a time counts from its timestamp', () => {
    const decoded = decodeRecord(
      { ...binary(event, contract), timestamp: Date.parse('2026-05-01T08:00:00Z') },
      contracts,
    )
    expect(decoded.kind === 'event' && decoded.event.time).toBe('2026-05-01T08:00:00.000Z')
    // Without a clock, in microseconds, and not a number.
    for (const timestamp of [-1, 1.7e15, 9e15, Number.NaN]) {
      const brokenClock = decodeRecord({ ...binary(event, contract), timestamp }, contracts)
      expect(brokenClock.kind === 'event' && brokenClock.event.time).toBe('1970-01-01T00:00:00.000Z')
    }
  })

  it('without a value is a tombstone', () => {
    expect(decodeRecord({ ...binary(event, contract), value: null }, contracts)).toEqual({ kind: 'tombstone' })
  })

  it('of an unknown type is not parsed', () => {
    expect(
      decodeRecord({ key: null, value: bytes('{no json'), headers: { ce_type: 'x.y' }, timestamp: 0 }, contracts),
    ).toEqual({ kind: 'unknown', type: 'x.y' })
  })

  it('leaves out a traceparent that is none', () => {
    const record = binary(event, contract)
    const decoded = decodeRecord(
      { ...record, headers: { ...record.headers, ce_traceparent: 'nonsense', ce_tracestate: 'x' } },
      contracts,
    )
    expect(decoded.kind === 'event' && [decoded.event.traceparent, decoded.event.tracestate]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('returns the reason why a record is not an event', () => {
    const { headers } = binary(event, contract)
    expect(invalid({ key: null, value: bytes('{}'), headers: {}, timestamp: 0 })).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has neither a ce_type header nor the content type application/cloudevents+json, and its value lacks specversion, type, source, id',
    )
    expect(invalid({ key: null, value: Uint8Array.from([0xff]), headers, timestamp: 0 })).toBe(
      'EVENT_NOT_JSON: the event cannot be read: its bytes are not UTF-8',
    )
    expect(invalid(structured([]))).toBe('EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it is not a JSON object')
    expect(invalid(structured({ ...event, specversion: '0.3' }))).toBe(
      'EVENT_INVALID: booking.created: specversion is "0.3", expected 1.0',
    )
    expect(invalid(structured({ ...event, data_base64: 'AA==' }))).toBe(
      'EVENT_INVALID: booking.created: data_base64 is there beside data, expected only one of them',
    )
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(
      invalid({ key: null, value: bytes(JSON.stringify(data).replace('}', `,"x":${deep}}`)), headers, timestamp: 0 }),
    ).toMatch(/^EVENT_INVALID: booking.created: data.x.*is nested more than 64 levels deep/)
  })

  it('of plain JSON is read through its envelope', () => {
    const place = { topic: 'booking', partition: 3, offset: 9 }
    const record = (value: object): KafkaRecord => ({
      key: null,
      value: bytes(JSON.stringify(value)),
      headers: {},
      timestamp: 0,
    })
    const mapped = decodeEnvelope(
      record({ meta: { kind: 'booking.created', id: 7, at: '2026-05-01T08:00:00Z' }, payload: data }),
      { type: 'meta.kind', id: 'meta.id', time: 'meta.at', data: 'payload', source: '/legacy' },
      place,
      contracts,
    )
    expect(mapped).toEqual({
      kind: 'event',
      contract,
      event: {
        specversion: '1.0',
        id: '7',
        source: '/legacy',
        type: 'booking.created',
        time: '2026-05-01T08:00:00Z',
        data,
      },
    })
    const whole = decodeEnvelope(
      record({ ...data, eventType: 'booking.created' }),
      { type: 'eventType', source: '/legacy' },
      place,
      contracts,
    )
    expect(whole.kind === 'event' && [whole.event.id, whole.event.data]).toEqual([
      'booking/3/9',
      { ...data, eventType: 'booking.created' },
    ])
    expect(decodeEnvelope(record({}), { type: 'eventType', source: '/x' }, place, contracts).kind).toBe('invalid')
  })
})

describe('a request', () => {
  const refuse = (headers: Record<string, string>, body: string) => {
    const answer = decodeHttp({ headers, body }, contracts, { ...http, maxBatch: 3 })
    return answer.ok ? 'accepted' : answer.error.message
  }
  const batch = { 'content-type': 'application/cloudevents-batch+json' }

  const whole = { specversion: '1.0', type: 'user.deleted', source: '/s', id: '1', data: {} }
  const missing = 'the attributes of the event are missing: the headers ce-specversion, ce-type, ce-source, ce-id'
  it.each<
    readonly [contentType: string | undefined, more: Record<string, string>, body: string, why: string, remedy: string]
  >([
    [undefined, {}, '{}', missing, 'Send application/cloudevents+json, application/cloudevents-batch+json, or'],
    [
      'application/json',
      {},
      '{}',
      missing,
      'Send the attributes in these headers and the data as the body, or the whole',
    ],
    ['application/vnd.x+json', {}, '{', missing, 'Send the attributes in these headers'],
    [
      'application/json',
      {},
      JSON.stringify(whole),
      'the body is a whole event',
      'Send it with Content-Type: application/cloudevents+json.',
    ],
    [
      undefined,
      {},
      JSON.stringify(whole),
      'the body is a whole event',
      'Send it with Content-Type: application/cloudevents+json.',
    ],
    [
      'text/plain;charset=UTF-8',
      {},
      JSON.stringify(whole),
      'the body is a whole event',
      'Send it with Content-Type: application/cloudevents+json.',
    ],
    [
      'application/json',
      {},
      JSON.stringify([whole]),
      'the body is a list of whole events',
      'Send it with Content-Type: application/cloudevents-batch+json.',
    ],
    [
      'application/json',
      { ce_type: 'user.deleted', Ce_Id: '1' },
      '{}',
      'the headers of the attributes begin with ce_, expected ce-',
      'Name the headers as in HTTP: ce-specversion, ce-type, ce-source, ce-id',
    ],
    [
      'text/plain',
      {},
      'x',
      `events are JSON, and ${missing}`,
      'Send the whole event with Content-Type: application/cloudevents+json.',
    ],
    [
      'application/x-www-form-urlencoded',
      {},
      'a=b',
      `events are JSON, and ${missing}`,
      'Send the whole event with Content-Type: application/cloudevents+json. HTTP clients send this type unless',
    ],
    [
      'application/xml',
      {},
      '<a/>',
      `events are JSON, and ${missing}`,
      'Send application/cloudevents+json, application/cloudevents-batch+json, or',
    ],
    [
      'application/cloudevents+avro',
      {},
      '{}',
      'events are read as JSON alone',
      'Send application/cloudevents+json, or application/cloudevents-batch+json for a list',
    ],
    [
      'application/cloudevents+protobuf',
      {},
      '{}',
      'events are read as JSON alone',
      'Send application/cloudevents+json, or',
    ],
    [
      'application/cloudevents-batch+xml',
      {},
      '[]',
      'events are read as JSON alone',
      'Send application/cloudevents+json, or',
    ],
    [
      'application/cloudevents-batch+json; charset=utf-16',
      {},
      '[]',
      'its charset is "utf-16", expected utf-8',
      'Send the event as JSON in UTF-8.',
    ],
    [
      'application/cloudevents+json; charset="ISO-8859-1"',
      {},
      '{}',
      'its charset is "iso-8859-1", expected utf-8',
      'Send the event as JSON in UTF-8.',
    ],
  ])(
    'of the content type %s, with the headers %j and the body %j, is refused with what is missing',
    (contentType, more, body, why, remedy) => {
      const headers = { ...more, ...(contentType !== undefined && { 'content-type': contentType }) }
      const answer = decodeHttp({ headers, body }, contracts, { ...http, maxBatch: 3 })
      const error = answer.ok ? undefined : answer.error
      expect(error?.message).toBe(`CONTENT_TYPE_UNSUPPORTED: the content type is ${contentType ?? 'missing'}: ${why}`)
      expect(error?.remedy).toContain(remedy)
    },
  )

  it('of another content type is refused', () => {
    expect(refuse({ 'content-type': 'text/plain' }, '{}')).toMatch(/^CONTENT_TYPE_UNSUPPORTED/)
    expect(refuse({}, '{}')).toMatch(/^CONTENT_TYPE_UNSUPPORTED: the content type is missing: /)
    expect(refuse({ 'content-type': 'application/cloudevents+avro' }, '{}')).toMatch(/^CONTENT_TYPE_UNSUPPORTED/)
  })

  it('of a long content type, with many headers, is refused in few words', () => {
    const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`ce_${index}`, '']))
    expect(refuse({ ...headers, 'content-type': 'x'.repeat(10_000) }, '{}').length).toBeLessThan(500)
  })

  it('of an unknown type says what was probably meant', () => {
    expect(refuse({ 'content-type': 'application/cloudevents+json' }, '{"type":"booking.craeted"}')).toBe(
      'EVENT_TYPE_UNKNOWN: type is "booking.craeted", which no plugin listens to, did you mean booking.created?',
    )
  })

  it('of a type with a domain in front of it says that the type is meant without it', () => {
    const body = '{"type":"com.example.booking.created"}'
    expect(refuse({ 'content-type': 'application/cloudevents+json' }, body)).toBe(
      'EVENT_TYPE_UNKNOWN: type is "com.example.booking.created", which no plugin listens to, did you mean booking.created?',
    )
    const foreign = '{"type":"com.example.shipment.sent"}'
    expect(refuse({ 'content-type': 'application/cloudevents+json' }, foreign)).not.toContain('did you mean')
  })

  it('with a batch names every problem of every event, by index', () => {
    const answer = decodeHttp(
      {
        headers: batch,
        body: JSON.stringify([
          { type: 'x' },
          { type: 'user.deleted', specversion: '1.0', id: '1', source: '/s', data: {} },
          7,
        ]),
      },
      contracts,
      http,
    )
    expect(!answer.ok && [answer.error.code, answer.error.problems.map(({ path }) => path)]).toEqual([
      'EVENT_INVALID',
      ['/0/type', '/1/data/userId', '/2'],
    ])
  })

  it('with too large a batch, or none, is refused', () => {
    expect(refuse(batch, '[1,2,3,4]')).toBe('BATCH_TOO_LARGE: the batch has 4 events, expected at most 3')
    expect(refuse(batch, '{}')).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: a batch is a JSON array of events',
    )
    expect(refuse(batch, '[]')).toBe('accepted')
  })
})
