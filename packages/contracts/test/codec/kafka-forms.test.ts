import { describe, expect, it } from 'vitest'
import { allContracts, type Contract, decodeRecord, type KafkaRecord } from '../../src/index.ts'

const contracts: ReadonlyMap<string, Contract> = new Map(allContracts.map((contract) => [contract.type, contract]))
const bytes = (text: string) => new TextEncoder().encode(text)
const proper = {
  ce_specversion: '1.0',
  ce_type: 'user.deleted',
  ce_source: '/büro "a"\\b',
  ce_id: 'u1:50 %',
  ce_subject: 'u1',
  ce_time: '2026-05-01T08:00:00Z',
}
const decode = (headers: Readonly<Record<string, string>>, value = '{"userId":"u1"}') => {
  const record: KafkaRecord = { key: null, value: bytes(value), headers, timestamp: 0 }
  return decodeRecord(record, contracts)
}
const mapped = (
  headers: Readonly<Record<string, string>>,
  name: (one: string) => string,
  value: (one: string) => string,
) => Object.fromEntries(Object.entries(headers).map(([key, one]) => [name(key), value(one)]))
const same = (name: string) => name
const hyphen = (name: string) => name.replace('ce_', 'ce-')
const expected = decode(proper)

describe('attributes on Kafka', () => {
  it('in their own form have no form', () => {
    expect(expected.kind).toBe('event')
    expect(expected).not.toHaveProperty('forms')
  })

  it('that are all in JSON quotes are the event without them', () => {
    const quoted = mapped(proper, same, JSON.stringify)
    expect(decode(quoted)).toEqual({ ...expected, forms: ['quoted_attributes'] })
    // An integer of an extension has no quotes.
    expect(decode({ ...quoted, ce_sequence: '7' })).toEqual({ ...expected, forms: ['quoted_attributes'] })
    expect(decode({ ...quoted, 'content-type': '"application/json"' })).toMatchObject({ kind: 'event' })
  })

  it('of which only some are in quotes are left as they are', () => {
    expect(decode({ ...proper, ce_id: '"1"' })).toMatchObject({ kind: 'event', event: { id: '"1"' } })
    const quoted = mapped(proper, same, JSON.stringify)
    expect(decode({ ...quoted, ce_id: '1' })).toEqual({ kind: 'unknown', type: '"user.deleted"' })
    expect(decode({ ...quoted, ce_id: '"1' })).toEqual({ kind: 'unknown', type: '"user.deleted"' })
  })

  it('that cannot have quotes, and have them, are read without them: Spring writes a URI and a time so', () => {
    const uris = { ...proper, ce_source: '/a', ce_dataschema: 'https://schemas.example.com/a' }
    const { ce_source, ce_dataschema, ce_time } = uris
    const read = { ...decode(uris), forms: ['quoted_attributes'] }
    const quoted = { ce_source: JSON.stringify(ce_source), ce_dataschema: JSON.stringify(ce_dataschema) }
    expect(decode({ ...uris, ...quoted, ce_time: JSON.stringify(ce_time) })).toEqual(read)
    expect(decode({ ...uris, ce_source: '"/a"' })).toEqual(read)
    // A mapper that quotes every text may write a time as a number.
    const all = mapped(uris, same, JSON.stringify)
    expect(decode({ ...all, ce_source, ce_time })).toEqual(read)
    expect(decode({ ...all, ce_time: '1777622400.5' })).toMatchObject({
      kind: 'invalid',
      source: ce_source,
      error: { problems: [{ path: '/time' }] },
    })
    // With what is a quote of its own they are left as they are.
    expect(decode({ ...uris, ce_source: '"/a', ce_id: '"1"' })).toMatchObject({ event: { source: '"/a', id: '"1"' } })
    expect(decode({ ...uris, ce_source: '"/a' })).not.toHaveProperty('forms')
  })

  it('that were copied from HTTP are the event that HTTP would have read', () => {
    const copied = mapped(proper, hyphen, encodeURIComponent)
    expect(decode(copied)).toEqual({ ...expected, forms: ['http_attributes'] })
    const inQuotes = (one: string) => `"${one.replace(/["\\]/g, '\\$&').replaceAll('%', '%25')}"`
    expect(decode(mapped(proper, hyphen, inQuotes))).toEqual({ ...expected, forms: ['http_attributes'] })
    expect(
      decode({
        ...mapped(
          copied,
          (name) => name.toUpperCase(),
          (one) => one,
        ),
      }),
    ).toEqual({
      ...expected,
      forms: ['http_attributes'],
    })
    // Beside ce_ headers they do not count.
    expect(decode({ ...copied, ...proper, 'ce-id': 'other' })).toEqual(expected)
  })

  it('that were copied from HTTP and cannot be decoded are named', () => {
    const copied = mapped(proper, hyphen, encodeURIComponent)
    const decoded = decode({ ...copied, 'ce-id': '50 %', 'ce-source': '"/s', 'ce-subject': '%C0%A0' })
    expect(decoded).toMatchObject({ kind: 'invalid', type: 'user.deleted', error: { code: 'EVENT_INVALID' } })
    const percent = 'which is not percent-encoded UTF-8 (the percent sign itself is %25)'
    expect(decoded.kind === 'invalid' && decoded.error.problems).toEqual(
      expect.arrayContaining([
        { path: '/ce-id', message: `is "50 %", ${percent}` },
        { path: '/ce-source', message: 'is "\\"/s", which begins with a quote and does not end with it' },
        { path: '/ce-subject', message: `is "%C0%A0", ${percent}` },
      ]),
    )
  })
})

describe('an event that is refused', () => {
  it('has its source and id as far as they could be read', () => {
    const names = { type: 'user.deleted', source: proper.ce_source, id: proper.ce_id }
    expect(decode(proper, '{}')).toMatchObject({ kind: 'invalid', ...names })
    expect(decode(proper, '{')).toMatchObject({ kind: 'invalid', ...names })
    expect(decode({ ...proper, 'content-type': 'text/plain' })).toMatchObject({ kind: 'invalid', ...names })
    const structured = { 'content-type': 'application/cloudevents+json' }
    const event = { specversion: '1.0', type: 'user.deleted', source: '/s', id: '1' }
    expect(decode(structured, JSON.stringify(event))).toMatchObject({ kind: 'invalid', source: '/s', id: '1' })
    expect(decode(structured, JSON.stringify({ ...event, datacontenttype: 'text/plain' }))).toMatchObject({
      kind: 'invalid',
      source: '/s',
      id: '1',
    })
    expect(decode(structured, JSON.stringify({ ...event, type: null }))).toMatchObject({
      kind: 'invalid',
      source: '/s',
      id: '1',
    })
  })

  it.each([['a'.repeat(513)], [''], ['a\0'], ['\ud800']])('has no source that no store can keep: %j', (source) => {
    expect(decode({ ...proper, ce_source: source, ce_id: source })).not.toHaveProperty('source')
    expect(decode({ ...proper, ce_source: source, ce_id: source })).not.toHaveProperty('id')
  })
})
