import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeEnvelope } from '../../src/index.ts'
import {
  attributes,
  BATCH,
  bytes,
  ceHeaders,
  contracts,
  data,
  event,
  http,
  httpHeaders,
  kafka,
  outcome,
  remedyOf,
  STRUCTURED,
} from './modes.ts'

const json = JSON.stringify(event)
const utf16 = Buffer.from(json, 'utf16le')
const framed = (schema: number, rest: Uint8Array | string) =>
  Buffer.concat([Buffer.from([0]), Buffer.from(Uint32Array.of(schema).buffer).swap32(), Buffer.from(rest)])
const frame = (schema: number) => `begins with the frame of a schema registry (a zero byte and schema ${schema})`
const other = ', followed by what is not JSON (such as Avro or Protobuf)'

const NOT_JSON: readonly (readonly [what: string, value: Uint8Array | string, remedy: RegExp])[] = [
  [`${frame(7)}, followed by JSON`, framed(7, json), /not with that of a schema registry/],
  [`${frame(70_000)}, followed by JSON`, framed(70_000, ` \n${json}`), /schema registry/],
  [`${frame(7)}${other}`, framed(7, Uint8Array.of(2, 0x62)), /schema registry/],
  [`${frame(9)}, followed by JSON`, framed(0, framed(9, json).subarray(1)), /schema registry/],
  [
    'begins with the frame of a schema registry (Glue), followed by JSON',
    Buffer.concat([Buffer.from([3, 0]), Buffer.alloc(16, 7), Buffer.from(json)]),
    /schema registry/,
  ],
  ['is compressed (gzip)', gzipSync(json), /compression\.type.*content-encoding/],
  ['is compressed (zlib)', deflateSync(json), /compression\.type/],
  ['is compressed (Zstandard)', zstdCompressSync(json), /compression\.type/],
  ['is in UTF-16', utf16, /^Send JSON in UTF-8\.$/],
  ['is in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), /UTF-8/],
  ['is in UTF-16', Buffer.from(utf16).swap16(), /UTF-8/],
  ['is XML or HTML', '<?xml version="1.0"?><event/>', /as JSON/],
  ['is XML or HTML', ' <booking id="b1"/>', /as JSON/],
  ['is a form (application/x-www-form-urlencoded)', 'userId=u1&b=2', /as JSON/],
  ['is in Base64', Buffer.from(json).toString('base64'), /the JSON itself/],
  ['is in Base64', gzipSync(json).toString('base64'), /the JSON itself/],
  ['is an object that was printed as text', '[object Object]', /serializer of JSON/],
  ['is an object that was printed as text', "{'userId': 'u1'}", /json\.dumps/],
  ['is an object that was printed as text', '{userId=u1, b=2}', /ObjectMapper/],
  ['is an object that was printed as text', "b'{}'", /serializer of JSON/],
  ['is an object that was printed as text', 'UserDeleted(userId=u1)', /serializer of JSON/],
  ['is a serialized object of Java', Buffer.from('aced000573720011', 'hex'), /JSON text/],
  ['is a file of Avro', Buffer.from('Obj\x01\x04'), /JSON text/],
  [
    'is binary data (such as Protobuf, Avro or MessagePack)',
    Buffer.from('\n\x02b1\x12\x02u1'),
    /^Serialize the value as JSON text in UTF-8\.$/,
  ],
  ['is binary data (such as Protobuf, Avro or MessagePack)', Buffer.alloc(5), /JSON text/],
]

describe('a value that is not JSON', () => {
  it.each(NOT_JSON)('%s', (what, value, remedy) => {
    for (const decoded of [
      kafka(ceHeaders, value),
      kafka({ 'content-type': STRUCTURED }, value),
      http({ 'content-type': STRUCTURED }, value),
      http({ ...httpHeaders, 'content-type': 'application/json' }, value),
    ]) {
      expect(outcome(decoded)).toBe(`EVENT_NOT_JSON: the event cannot be read: it ${what}`)
      expect(remedyOf(decoded)).toMatch(remedy)
    }
    const bare = kafka({}, value)
    expect(outcome(bare)).toMatch(/^EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has neither .*, and its value /)
    expect(String(outcome(bare)).endsWith(`and its value ${what}`)).toBe(true)
    expect(remedyOf(bare)).toMatch(remedy)
  })

  it.each([
    ['{"a":'],
    ['{"a":NaN}'],
    ['nul'],
    [`${json}\n${json}`],
    ['{"a":"\x03"}'],
    ['text'],
    ['dGV4dA=='],
    ['dGV4dDE='],
  ])('and nothing that is known has the reason of the parser: %j', (value) => {
    expect(outcome(kafka(ceHeaders, value))).toMatch(/^EVENT_NOT_JSON: the event cannot be read: [^ ]+ .*JSON/)
    expect(remedyOf(kafka(ceHeaders, value))).toBe('Send one JSON value in UTF-8.')
  })

  it('in Base64 is named, with what to do about it', () => {
    const decoded = kafka({}, { ...attributes, data_base64: gzipSync(json).toString('base64') })
    expect(outcome(decoded)).toBe(
      'EVENT_INVALID: user.deleted: data_base64 holds what is not JSON: it is compressed (gzip)',
    )
    expect(remedyOf(decoded)).toMatch(/^Send the JSON itself/)
  })

  it('over HTTP and empty is named so', () => {
    expect(outcome(http({ ...httpHeaders }, ''))).toBe('EVENT_NOT_JSON: the event cannot be read: it is empty')
  })
})

const connect = { schema: { type: 'struct' }, payload: event }
const change = { before: null, after: data, source: { db: 'x' }, op: 'c', ts_ms: 1 }
const gridEvent = {
  id: '1',
  topic: '/t',
  subject: 's',
  eventType: 'user.deleted',
  eventTime: '2026-05-01T10:00:00Z',
  data,
}
const bridgeEvent = { version: '0', id: '1', 'detail-type': 'user.deleted', source: '/s', detail: data }
const pascal = { SpecVersion: '1.0', Type: 'user.deleted', Source: '/s', Id: '1', Data: data }
const FOREIGN: readonly (readonly [what: string, value: unknown, remedy: RegExp])[] = [
  ['is JSON inside a JSON text: it was encoded twice', json, /Encode the event once.*table\.expand\.json\.payload/],
  ['is JSON inside a JSON text: it was encoded twice', JSON.stringify(json), /Encode the event once/],
  ['is in Base64', Buffer.from(json).toString('base64'), /the JSON itself/],
  ['is a { schema, payload } of Kafka Connect, as Debezium sends it', connect, /schemas\.enable=false/],
  ['is a change of a table, as Debezium sends it', change, /outbox table/],
  ['is a Buffer of Node.js', Buffer.from(json), /toString\(\)/],
  ['is a list of bytes', [...Buffer.from(json)], /itself/],
  ['is a list of bytes', new Uint8Array(Buffer.from(json)), /itself/],
  ['is an event in the schema of Azure Event Grid', gridEvent, /cloudeventschemav1_0/],
  ['is an event of Amazon EventBridge', bridgeEvent, /input transformer/],
  [
    'is an event of CloudEvents 0.1',
    { cloudEventsVersion: '0.1', eventType: 'user.deleted', data },
    /CloudEvents 1\.0/,
  ],
  ['has the attributes of an event in names with capitals', pascal, /specversion, type, source and id/],
  ['is a list of 2', [event, event], /a record of its own.*application\/cloudevents-batch\+json/],
]

describe('JSON that is not an event', () => {
  it('is only the data where its content type is that of a whole event, and its attributes are in headers', () => {
    const split = [
      kafka({ ...ceHeaders, 'content-type': STRUCTURED }, data),
      kafka({ ...httpHeaders, 'content-type': STRUCTURED }, data),
      http({ ...httpHeaders, 'content-type': STRUCTURED }, data),
    ]
    for (const decoded of split) {
      expect(outcome(decoded)).toBe(
        'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: its content type is that of a whole event, but its attributes are in headers',
      )
      expect(remedyOf(decoded)).toMatch(/^Send the data with the content type application\/json/)
    }
    expect(split[0]).toMatchObject({ source: attributes.source, id: attributes.id })
    expect(outcome(kafka({ 'content-type': STRUCTURED }, data))).toMatch(/it has no type$/)
    expect(outcome(kafka({ ...ceHeaders, 'content-type': STRUCTURED }, connect))).toMatch(/of Kafka Connect/)
    expect(outcome(kafka({ ...ceHeaders, 'content-type': STRUCTURED }, { ...event, data: {} }))).toMatch(
      /data\.userId is missing/,
    )
  })

  it('is a single event where a batch is expected', () => {
    expect(remedyOf(http({ 'content-type': BATCH }, event))).toBe(
      'Send the events as a list, or a single event with Content-Type: application/cloudevents+json.',
    )
  })

  it('has its own remedy in a batch too, where no other event needs another one', () => {
    const of = (...batch: readonly unknown[]) => remedyOf(http({ 'content-type': BATCH }, batch))
    expect(of(event, gridEvent, gridEvent)).toMatch(/cloudeventschemav1_0/)
    expect(of(event, gridEvent, connect)).toBe(of({}, { ...event, data: {} }))
    expect(of(event, { ...event, data: JSON.stringify(data) })).toMatch(/Encode the event once/)
  })

  it.each(FOREIGN)('%s', (what, value, remedy) => {
    const body = JSON.stringify(value)
    for (const decoded of [kafka({ 'content-type': STRUCTURED }, body), http({ 'content-type': STRUCTURED }, body)]) {
      expect(outcome(decoded)).toBe(`EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it ${what}`)
      expect(remedyOf(decoded)).toMatch(remedy)
    }
    const bare = kafka({}, body)
    expect(String(outcome(bare)).endsWith(`and its value ${what}`)).toBe(true)
    expect(remedyOf(bare)).toMatch(remedy)
    for (const decoded of [kafka(ceHeaders, body), http({ ...httpHeaders }, body)]) {
      expect(outcome(decoded)).toBe(`EVENT_INVALID: user.deleted: data ${what}`)
      expect(remedyOf(decoded)).toMatch(remedy)
    }
  })

  it('is named over HTTP where the content type is that of any JSON', () => {
    for (const body of [gridEvent, [gridEvent]]) {
      const decoded = http({ 'content-type': 'application/json' }, JSON.stringify(body))
      expect(outcome(decoded)).toMatch(/^CONTENT_TYPE_UNSUPPORTED: .*: the body is .* of Azure Event Grid$/)
      expect(remedyOf(decoded)).toMatch(/cloudeventschemav1_0/)
    }
    const twice = http({ 'content-type': 'application/json' }, JSON.stringify(json))
    expect(outcome(twice)).toMatch(/the body is JSON inside a JSON text: it was encoded twice$/)
  })

  it('is a whole event where the data belong', () => {
    const decoded = kafka(ceHeaders, event)
    expect(outcome(decoded)).toBe('EVENT_INVALID: user.deleted: data is a whole event')
    expect(remedyOf(decoded)).toMatch(/content type application\/cloudevents\+json/)
  })

  it('is named as data beside the mistakes of the attributes', () => {
    expect(outcome(kafka({ ...ceHeaders, ce_id: '' }, connect))).toBe(
      'EVENT_INVALID: user.deleted: id is "", expected 1 to 256 characters; data is a { schema, payload } of Kafka Connect, as Debezium sends it',
    )
  })

  it.each([{ schema: 1 }, { schema: 1, payload: 2, userId: 'u1' }, { op: 'c' }, 'text', 7, null, []])(
    'and nothing that is known has the problems of its contract: %j',
    (value) => {
      const decoded = kafka(ceHeaders, JSON.stringify(value))
      if (decoded.kind === 'event') return
      expect(outcome(decoded)).toMatch(/^EVENT_INVALID: user\.deleted: data(\.userId)? is /)
      expect(remedyOf(decoded)).toMatch(/^Correct the fields/)
    },
  )

  it('is named in a topic of plain JSON too', () => {
    const envelope = { type: 'type', id: 'id', data: 'data', source: '/legacy' }
    const place = { topic: 'user', partition: 0, offset: 0 }
    const decode = (value: unknown) =>
      decodeEnvelope(
        { key: null, value: bytes(JSON.stringify(value)), headers: {}, timestamp: 0 },
        envelope,
        place,
        contracts,
      )
    expect(outcome(decode(connect))).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has no type at type, where its envelope has it: it is a { schema, payload } of Kafka Connect, as Debezium sends it',
    )
    expect(remedyOf(decode(connect))).toMatch(/the paths of its envelope can begin with payload/)
    expect(remedyOf(decode({}))).toBe(
      'Correct what the producer sends, or the envelope of the topic in the configuration.',
    )
    const twice = decode({ ...event, data: JSON.stringify(data) })
    expect(outcome(twice)).toBe('EVENT_INVALID: user.deleted: data is JSON inside a JSON text: it was encoded twice')
    expect(twice).toMatchObject({ source: '/legacy', id: '1' })
  })
})
