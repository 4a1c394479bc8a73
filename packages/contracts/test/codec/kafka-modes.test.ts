import { describe, expect, it } from 'vitest'
import {
  attributes,
  BATCH,
  bytes,
  ceHeaders,
  data,
  event,
  kafka,
  outcome,
  remedyOf,
  STRUCTURED,
  whole,
} from './modes.ts'

describe('a record of Kafka', () => {
  it.each([
    STRUCTURED,
    'Application/CloudEvents+JSON',
    `${STRUCTURED}; charset=UTF-8`,
    `${STRUCTURED};charset="utf-8"`,
    `  ${STRUCTURED} ; charset=us-ascii`,
    `"${STRUCTURED}"`,
    'application/cloudevents',
  ])('with the content type %s is in structured mode', (contentType) => {
    expect(outcome(kafka({ 'Content-Type': contentType }, event))).toEqual([whole])
  })

  it('with the content type of structured mode is so although it has ce_ headers, and its value counts', () => {
    const others = { ce_specversion: '1.0', ce_type: 'booking.created', ce_source: '/other', ce_id: '2' }
    expect(outcome(kafka({ ...others, 'content-type': STRUCTURED }, event))).toEqual([whole])
    expect(outcome(kafka({ ...others, 'content-type': STRUCTURED }, data))).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: its content type is that of a whole event, but its attributes are in headers',
    )
  })

  it.each([undefined, '', 'application/json', 'text/json', 'application/json; charset=utf-8', 'application/x+json'])(
    'with the content type %j and ce_ headers is in binary mode',
    (contentType) => {
      const headers = { ...ceHeaders, ...(contentType !== undefined && { 'content-type': contentType }) }
      expect(outcome(kafka(headers, data))).toEqual([whole])
    },
  )

  it.each([undefined, '', 'application/json', 'application/octet-stream'])(
    'without ce_type and with the content type %j is in structured mode if its value is an event',
    (contentType) => {
      const headers = contentType === undefined ? {} : { 'content-type': contentType }
      expect(outcome(kafka(headers, event))).toEqual([whole])
      expect(outcome(kafka({ ...headers, ce_type: '' }, event))).toEqual([whole])
      expect(outcome(kafka(headers, { ...event, type: 'x.y' }))).toBe('unknown')
      expect(outcome(kafka(headers, { ...event, data: {} }))).toBe(
        'EVENT_INVALID: user.deleted: data.userId is missing',
      )
      const neither =
        'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has neither a ce_type header nor the content type application/cloudevents+json, and its value'
      for (const name of Object.keys(attributes))
        expect(outcome(kafka(headers, { ...event, [name]: undefined }))).toBe(`${neither} lacks ${name}`)
      expect(outcome(kafka(headers, '7'))).toBe(`${neither} lacks specversion, type, source, id`)
      expect(outcome(kafka(headers, '{'))).toBe(`${neither} is not JSON`)
    },
  )

  it('in a batch is refused, because the Kafka binding has none', () => {
    const decoded = kafka({ 'content-type': BATCH }, [event])
    expect(outcome(decoded)).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it is a batch, which the Kafka binding of CloudEvents does not have',
    )
    expect(remedyOf(decoded)).toBe('Send each event as a record of its own, with its key.')
  })

  it('in another format of CloudEvents is refused, with ce_ headers too', () => {
    for (const headers of [{}, ceHeaders])
      expect(outcome(kafka({ ...headers, 'content-type': 'application/cloudevents+avro' }, data))).toBe(
        'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: its format is "application/cloudevents+avro"',
      )
  })

  it('with another charset than UTF-8 is refused with the charset', () => {
    expect(outcome(kafka({ 'content-type': `${STRUCTURED}; charset=ISO-8859-1` }, event))).toBe(
      'EVENT_NOT_JSON: the event cannot be read: its content type has the charset "iso-8859-1"',
    )
    expect(outcome(kafka({ ...ceHeaders, 'content-type': 'application/json;charset="utf-16"' }, data))).toBe(
      'EVENT_INVALID: user.deleted: content-type has the charset "utf-16", expected utf-8',
    )
  })

  it('without a value, or with an empty one, is a tombstone', () => {
    for (const headers of [{}, ceHeaders, { 'content-type': STRUCTURED }]) {
      expect(outcome(kafka(headers, ''))).toBe('tombstone')
      expect(outcome(kafka(headers, ' '))).toMatch(/^EVENT_NOT/)
    }
  })

  it('in binary mode has extension attributes, which are ignored, and headers in any case', () => {
    const upper = Object.fromEntries(Object.entries(ceHeaders).map(([name, value]) => [name.toUpperCase(), value]))
    expect(outcome(kafka({ ...upper, ce_shop: '\0', ce_datacontenttype: 'text/plain' }, data))).toEqual([whole])
  })

  it('in binary mode has values that are not encoded', () => {
    expect(outcome(kafka({ ...ceHeaders, ce_id: '100%41 "ü"' }, data))).toEqual([{ ...whole, id: '100%41 "ü"' }])
  })

  it('in binary mode has data that may begin with a byte order mark', () => {
    expect(outcome(kafka(ceHeaders, bytes(`\ufeff${JSON.stringify(data)}`)))).toEqual([whole])
  })
})
