import { describe, expect, it } from 'vitest'
import { attributes, ceHeaders, data, event, http, httpHeaders, outcome, STRUCTURED, whole } from './modes.ts'

describe('a request', () => {
  it.each([
    STRUCTURED,
    'Application/CloudEvents+JSON',
    `${STRUCTURED}; charset=UTF-8`,
    `${STRUCTURED};charset="utf-8"`,
    'application/cloudevents',
  ])('with the content type %s is in structured mode', (contentType) => {
    expect(outcome(http({ 'Content-Type': contentType }, event))).toEqual([whole])
  })

  it('with the content type of structured mode is so although it has ce- headers, and its body counts', () => {
    const others = { 'ce-specversion': '1.0', 'ce-type': 'booking.created', 'ce-source': '/other', 'ce-id': '100%' }
    expect(outcome(http({ ...others, 'content-type': STRUCTURED }, event))).toEqual([whole])
    expect(outcome(http({ ...others, 'content-type': STRUCTURED }, data))).toBe(
      'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: its content type is that of a whole event, but its attributes are in headers',
    )
  })

  it.each([undefined, '', 'application/json', 'TEXT/JSON', 'application/json; charset=utf-8', 'application/x+json'])(
    'with the content type %j and ce- headers is in binary mode',
    (contentType) => {
      const headers = { ...httpHeaders, 'content-type': contentType, 'ce-datacontenttype': 'text/plain' }
      expect(outcome(http(headers, data))).toEqual([whole])
    },
  )

  it('in binary mode with data that are not JSON is refused with the content type', () => {
    expect(outcome(http({ ...httpHeaders, 'content-type': 'text/plain' }, data))).toBe(
      'EVENT_INVALID: user.deleted: content-type is "text/plain", expected application/json',
    )
    expect(outcome(http({ ...httpHeaders, 'content-type': ['application/json', 'text/plain'] }, data))).toMatch(
      /^EVENT_INVALID: user\.deleted: content-type is "application\/json, text\/plain", expected/,
    )
  })

  it('with another charset than UTF-8 is refused with the charset', () => {
    expect(outcome(http({ 'content-type': `${STRUCTURED}; charset=ISO-8859-1` }, event))).toBe(
      'CONTENT_TYPE_UNSUPPORTED: the content type is application/cloudevents+json; charset=ISO-8859-1: its charset is "iso-8859-1", expected utf-8',
    )
    expect(outcome(http({ ...httpHeaders, 'content-type': 'application/json;charset="utf-16"' }, data))).toBe(
      'EVENT_INVALID: user.deleted: content-type has the charset "utf-16", expected utf-8',
    )
  })

  it('without one of the mandatory attributes is refused with its name', () => {
    for (const name of Object.keys(attributes)) {
      const { [`ce-${name}`]: _, ...headers } = httpHeaders
      expect(outcome(http(headers, data))).toBe(
        name === 'type'
          ? 'EVENT_NOT_CLOUDEVENT: this is not a CloudEvent: it has no ce-type header'
          : `EVENT_INVALID: user.deleted: ${name} is missing`,
      )
    }
  })

  it('without ce- headers is refused although its body is an event: only the content type of CloudEvents says so', () => {
    expect(outcome(http({ 'content-type': 'application/json' }, event))).toBe(
      'CONTENT_TYPE_UNSUPPORTED: the content type is application/json: the body is a whole event',
    )
  })

  it('with the headers of Kafka is refused with what HTTP has instead', () => {
    expect(outcome(http({ ...ceHeaders, 'content-type': 'application/json' }, data))).toBe(
      'CONTENT_TYPE_UNSUPPORTED: the content type is application/json: the headers of the attributes begin with ce_, expected ce-',
    )
  })
})
