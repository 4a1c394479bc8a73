import Type from 'typebox'
import { createCheck } from '../check/create-check.ts'
import { isStorable } from '../check/unstorable.ts'
import { Time } from '../fields.ts'

/** The names of the optional attributes, in JSON and, after `ce_` or `ce-`, in headers. */
export const optionalAttributes = ['time', 'subject', 'dataschema', 'traceparent', 'tracestate'] as const

const MAX_ID_CHARACTERS = 256
const MAX_ATTRIBUTE_CHARACTERS = 512

const text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, description: `1 to ${maxLength} characters` })

/** Checks the attributes of an event, without its data. */
export const checkAttributes = createCheck(
  Type.Object({
    specversion: Type.Literal('1.0'),
    id: text(MAX_ID_CHARACTERS),
    source: text(MAX_ATTRIBUTE_CHARACTERS),
    type: text(MAX_ID_CHARACTERS),
    time: Type.Optional(Time),
    subject: Type.Optional(text(MAX_ATTRIBUTE_CHARACTERS)),
    dataschema: Type.Optional(text(MAX_ATTRIBUTE_CHARACTERS)),
    traceparent: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
        description: 'a traceparent of W3C Trace Context',
      }),
    ),
    tracestate: Type.Optional(text(MAX_ATTRIBUTE_CHARACTERS)),
  }),
)

/** The version ff, and ids of only zeros, which libraries write where there is no trace, are not valid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Whether a value is a valid traceparent. An invalid one is left out of its event, as W3C Trace Context requires. */
export const isTraceparent = (value: unknown): value is string => typeof value === 'string' && TRACEPARENT.test(value)

/** Whether a value is a tracestate that is kept; one that is longer is left out. */
export const isTracestate = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_ATTRIBUTE_CHARACTERS && isStorable(value)

/** The `source` and `id` of an event that is refused, as far as they are valid: a dead letter is found by them. */
export function namesOf(attribute: (name: string) => unknown): { readonly source?: string; readonly id?: string } {
  const source = attribute('source')
  const id = attribute('id')
  return {
    ...(isNameOf(source, MAX_ATTRIBUTE_CHARACTERS) && { source }),
    ...(isNameOf(id, MAX_ID_CHARACTERS) && { id }),
  }
}

const isNameOf = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxLength && isStorable(value)
