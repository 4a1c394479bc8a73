import { describe, expect, it } from 'vitest'
import { attributes, BATCH, data, event, http, kafka, outcome, STRUCTURED, whole } from './modes.ts'

const structured = { 'content-type': STRUCTURED }
const base64 = (text: string) => Buffer.from(text).toString('base64')
const dataInBase64 = base64(JSON.stringify(data))
/** Over both bindings. */
const both = (body: unknown) => {
  const outcomes = [outcome(kafka(structured, body)), outcome(http(structured, body))]
  expect(outcomes[0]).toEqual(outcomes[1])
  return outcomes[0]
}

describe('an event in structured mode', () => {
  it('has data as JSON', () => {
    expect(both(event)).toEqual([whole])
    expect(both({ ...event, data_base64: null })).toEqual([whole])
  })

  it('has data in Base64, with any content type of JSON', () => {
    expect(both({ ...attributes, data_base64: dataInBase64 })).toEqual([whole])
    expect(both({ ...attributes, data: null, data_base64: dataInBase64 })).toEqual([whole])
    const datacontenttype = 'application/json; charset=UTF-8'
    expect(both({ ...attributes, datacontenttype, data_base64: dataInBase64 })).toEqual([whole])
    expect(both({ ...attributes, data_base64: base64(`\ufeff${JSON.stringify(data)}`) })).toEqual([whole])
  })

  it.each([
    [
      'beside data',
      { ...event, data_base64: dataInBase64 },
      'data_base64 is there beside data, expected only one of them',
    ],
    [
      'that is not Base64',
      { ...attributes, data_base64: '{"userId":1}' },
      'data_base64 is "{\\"userId\\":1}", expected JSON in Base64',
    ],
    ['that is not a text', { ...attributes, data_base64: 7 }, 'data_base64 is 7, expected JSON in Base64'],
    [
      'that is not UTF-8',
      { ...attributes, data_base64: '/w==' },
      'data_base64 holds what cannot be read: the event cannot be read: its bytes are not UTF-8',
    ],
    [
      'that is empty',
      { ...attributes, data_base64: '' },
      'data_base64 holds what cannot be read: the event cannot be read: it is empty',
    ],
    [
      'of another content type',
      { ...attributes, datacontenttype: 'application/xml', data_base64: dataInBase64 },
      'datacontenttype is "application/xml", expected application/json',
    ],
    ['that lacks a field', { ...attributes, data_base64: base64('{}') }, 'data.userId is missing'],
  ])('with data_base64 %s is refused', (_what, body, problem) => {
    expect(both(body)).toBe(`EVENT_INVALID: user.deleted: ${problem}`)
  })

  it.each([
    'application/json',
    'text/json',
    'APPLICATION/JSON',
    'application/vnd.belfry.v1+json',
    'a/json; x=y',
    'text/x+JSON',
    null,
  ])('has data of the content type %s', (datacontenttype) => {
    expect(both({ ...event, datacontenttype })).toEqual([whole])
  })

  it.each(['text/plain', 'application/xml', 'json', 'application/jsonp', 'application/json-seq', '+json', 7, {}])(
    'with data of the content type %j is refused',
    (datacontenttype) => {
      expect(both({ ...event, datacontenttype })).toMatch(
        /^EVENT_INVALID: user\.deleted: datacontenttype is .*, expected application\/json$/,
      )
    },
  )

  it.each([undefined, null, '', 7, 'text', [], true])('with %j as its data is refused', (value) => {
    expect(both({ ...attributes, data: value })).toMatch(/^EVENT_INVALID: user\.deleted: data is /)
  })

  it('has attributes that are null, which are as if absent, and empty optional ones', () => {
    const nulls = { time: null, subject: null, dataschema: null, datacontenttype: null, traceparent: null, shop: null }
    expect(both({ ...event, ...nulls })).toEqual([whole])
    expect(both({ ...event, time: '', subject: '', dataschema: '', datacontenttype: '', traceparent: '' })).toEqual([
      whole,
    ])
    expect(both({ ...event, id: null })).toBe('EVENT_INVALID: user.deleted: id is null, expected 1 to 256 characters')
    expect(both({ ...event, type: null })).toBe('EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has no type')
  })

  it('has extension attributes of any type, which are ignored', () => {
    const extensions = { shop: 'x', sequence: 5, sampled: true, a: null, UPPER_case: 'x', nested: { a: [1] } }
    expect(both({ ...event, ...extensions })).toEqual([whole])
  })

  it('keeps a trace that is valid, and leaves out what is not', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    expect(both({ ...event, traceparent, tracestate: 'a=b' })).toEqual([{ ...whole, traceparent, tracestate: 'a=b' }])
    for (const tracestate of ['a'.repeat(513), '', 7, null])
      expect(both({ ...event, traceparent, tracestate })).toEqual([{ ...whole, traceparent }])
    const [none, noParent] = [
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-00`,
      `${traceparent.slice(0, 36)}${'0'.repeat(16)}-01`,
    ]
    for (const bad of [traceparent.toUpperCase(), none, noParent, traceparent.replace('00-', 'ff-'), 'x', 7, true])
      expect(both({ ...event, traceparent: bad, tracestate: 'a=b' })).toEqual([whole])
  })

  it('of another version of CloudEvents is refused with the version', () => {
    for (const specversion of ['0.3', '1.1', '1.0.2', 1])
      expect(String(both({ ...event, specversion })).replace('; did you mean 1.0?', '')).toBe(
        `EVENT_INVALID: user.deleted: specversion is ${specversion === 1 ? 'the number 1' : `"${specversion}"`}, expected 1.0`,
      )
    const { specversion: _, ...without } = event
    expect(both(without)).toBe('EVENT_INVALID: user.deleted: specversion is missing')
  })

  it('has any text as its source and id, up to their limits', () => {
    for (const source of ['urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66', '1-555-123-4567', 'a b', 'mailto:a@b', '/ü'])
      expect(both({ ...event, source, id: source })).toEqual([{ ...whole, source, id: source }])
    expect(both({ ...event, source: 's'.repeat(512), id: 'i'.repeat(256), subject: 'x'.repeat(512) })).toHaveLength(1)
    for (const [name, value] of [
      ['source', 's'.repeat(513)],
      ['id', 'i'.repeat(257)],
      ['subject', 's'.repeat(513)],
    ])
      expect(both({ ...event, [name ?? '']: value })).toMatch(
        new RegExp(`^EVENT_INVALID: user\\.deleted: ${name} is ".*…", expected 1 to`),
      )
    for (const value of ['', 7, true, [], {}, 'a\0', '\ud800'])
      expect(both({ ...event, id: value })).toMatch(/^EVENT_INVALID: user\.deleted: id /)
  })

  it('may begin with a byte order mark, and be written with white space', () => {
    expect(both(`\ufeff${JSON.stringify(event, null, 2)}\r\n`)).toEqual([whole])
  })

  it('has the last of several members of one name', () => {
    expect(both(`{"id":"0",${JSON.stringify(event).slice(1)}`)).toEqual([whole])
  })
})

describe('a time', () => {
  const timeOf = (time: unknown) => {
    const decoded = kafka(structured, { ...event, time })
    return decoded.kind === 'event' ? decoded.event.time : 'refused'
  }

  it.each([
    ['2026-05-01T08:00:00Z', '2026-05-01T08:00:00Z'],
    ['2026-05-01T08:00:00.123456789+02:00', '2026-05-01T08:00:00.123456789+02:00'],
    ['2026-05-01T08:00:00-00:00', '2026-05-01T08:00:00-00:00'],
    ['2026-05-01t08:00:00z', '2026-05-01T08:00:00z'],
    ['2026-05-01 08:00:00Z', '2026-05-01T08:00:00Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['2016-12-31T23:59:60.5Z', '2016-12-31T23:59:59.999Z'],
    ['2017-01-01T01:59:60+02:00', '2017-01-01T01:59:59.999+02:00'],
  ])('in each form of RFC 3339 is read: %s', (sent, read) => {
    expect(timeOf(sent)).toBe(read)
  })

  it.each([
    '2026-05-01',
    '2026-05-01T08:00:00',
    '2026-05-01T08:00Z',
    'now',
    '2026-02-30T08:00:00Z',
    1_777_777_777_000,
    true,
  ])('in another form is refused: %s', (sent) => {
    expect(timeOf(sent)).toBe('refused')
  })
})

describe('a batch', () => {
  const batch = (body: unknown) => outcome(http({ 'content-type': BATCH }, body))

  it('has events in structured mode, with data in either member', () => {
    expect(batch([event, { ...attributes, id: '2', data_base64: dataInBase64 }])).toEqual([
      whole,
      { ...whole, id: '2' },
    ])
  })

  it('may be empty', () => {
    expect(batch([])).toEqual([])
  })

  it('with what is not an event is refused with its place', () => {
    expect(batch([null, event, 7, [event]])).toMatch(
      /^EVENT_INVALID: batch: 0 is refused: .*not a JSON object; 2 is refused: .*not a JSON object; 3 is refused: .*it is a list of 1$/,
    )
  })
})
