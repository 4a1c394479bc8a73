import { describe, expect, it } from 'vitest'
import { decodeEnvelope } from '../../src/index.ts'
import {
  attributes,
  bytes,
  ceHeaders,
  contracts,
  data,
  event,
  httpHeaders,
  outcome,
  STRUCTURED,
  whole,
} from './modes.ts'

const envelope = { type: 'type', id: 'meta.id', time: 'at', source: '/legacy' }
const place = { topic: 'user', partition: 0, offset: 0 }
const decode = (json: string, headers: Readonly<Record<string, string>> = {}) =>
  decodeEnvelope({ key: null, value: bytes(json), headers, timestamp: 0 }, envelope, place, contracts)
const eventOf = (json: string) => {
  const decoded = decode(json)
  return decoded.kind === 'event' ? decoded.event : outcome(decoded)
}
const withId = (id: string, more = '') => `{"type":"user.deleted","userId":"u1",${more}"meta":{"id":${id}}}`
const withTime = (time: string) => `{"type":"user.deleted","userId":"u1","meta":{"id":1},"at":${time}}`

describe('an id of an envelope that is a number', () => {
  it.each([
    '1701796044942995000',
    '1701796044942995001',
    '9007199254740993',
    '7',
    '-7',
    '-0',
    '0',
    '1.0',
    '1',
    '1e3',
    '1E+3',
    '1000',
    '0.1000',
    '1e400',
    '123456789012345678901234567890',
  ])('has the digits as they are written: %s', (id) => {
    expect(eventOf(withId(id))).toMatchObject({ id })
    expect(eventOf(withId(JSON.stringify(id)))).toMatchObject({ id })
  })

  it('is found at its own path, among others of its name', () => {
    const others = '"id":1.50,"meta2":{"id":2},"list":[{"id":3}],"n":9007199254740993,'
    expect(eventOf(withId('1701796044942995001', others))).toMatchObject({
      id: '1701796044942995001',
      data: { id: 1.5, list: [{ id: 3 }] },
    })
  })

  it('is the last of several, as any member', () => {
    expect(eventOf(withId('1,"id":2.0'))).toMatchObject({ id: '2.0' })
  })

  it('is refused if it has too many digits, or stands among too many levels', () => {
    expect(eventOf(withId('1'.repeat(257)))).toMatch(/^EVENT_INVALID: user\.deleted: id is "1{57}…", expected 1 to 256/)
    const deep = `"x":${'['.repeat(200_000)}${']'.repeat(200_000)},`
    expect(eventOf(withId('1', deep))).toMatch(/^EVENT_INVALID: user\.deleted: /)
  })

  it.each(['null', 'true', '[1]', '{}', '""'])('that is not a name is refused: %s', (id) => {
    expect(eventOf(withId(id))).toMatch(/^EVENT_INVALID: user\.deleted: id is /)
  })
})

describe('a time of an envelope that is a number', () => {
  it.each([
    ['1777777777', '2026-05-03T03:09:37.000Z'],
    ['1777777777.123456789', '2026-05-03T03:09:37.123Z'],
    ['1777777777123', '2026-05-03T03:09:37.123Z'],
    ['1777777777123456', '2026-05-03T03:09:37.123Z'],
    ['1777777777123456789', '2026-05-03T03:09:37.123Z'],
    ['0', '1970-01-01T00:00:00.000Z'],
    ['null', '1970-01-01T00:00:00.000Z'],
    ['""', '1970-01-01T00:00:00.000Z'],
    ['"2026-05-03T03:09:37z"', '2026-05-03T03:09:37z'],
  ])('counts seconds, or smaller units: %s', (sent, time) => {
    expect(eventOf(withTime(sent))).toMatchObject({ time })
  })

  it.each(['-1', '1e30', 'true', '[2026,5,1]', '"1777777777"'])('is refused if it is not a time: %s', (sent) => {
    expect(eventOf(withTime(sent))).toMatch(/^EVENT_INVALID: user\.deleted: time is /)
  })
})

describe('a CloudEvent in a topic of plain JSON', () => {
  it.each([
    ['binary', ceHeaders, data],
    ['binary, in the headers of HTTP', httpHeaders, data],
    ['structured', { 'content-type': STRUCTURED }, event],
  ])('is read as one: %s', (_, headers, value) => {
    expect(outcome(decode(JSON.stringify(value), headers))).toEqual([whole])
    expect(outcome(decode('{"userId":7}', { ...ceHeaders, 'content-type': 'application/json' }))).toMatch(
      /data\.userId is the number 7/,
    )
  })

  it('is read as one without headers, if the envelope finds no type in it', () => {
    const own = { ...envelope, type: 'eventType' }
    const record = { key: null, value: bytes(JSON.stringify(event)), headers: {}, timestamp: 0 }
    expect(outcome(decodeEnvelope(record, own, place, contracts))).toEqual([whole])
  })

  it('is read through the envelope, if the envelope finds its type and no header is one of CloudEvents', () => {
    const json = JSON.stringify({ ...attributes, ...data, meta: { id: '2' } })
    expect(eventOf(json)).toMatchObject({ source: '/legacy', id: '2' })
    expect(outcome(decode(json, { 'content-type': 'application/json', trace: 'x' }))).toMatchObject([{ id: '2' }])
  })
})
