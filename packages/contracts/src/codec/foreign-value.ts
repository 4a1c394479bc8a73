import { isJson } from '../check/is-json.ts'
import { type Foreign, foreignBytes } from './foreign-bytes.ts'

const once =
  "Encode the event once: give the object, and not its JSON text, to the serializer of JSON. With Debezium's outbox router, set table.expand.json.payload=true."
const connect =
  "Set value.converter.schemas.enable=false on the connector (with Debezium's outbox router also table.expand.json.payload=true). In a topic of plain JSON, the paths of its envelope can begin with payload instead."
const change =
  "Send events instead of changes of a table: write them into an outbox table, and send it with Debezium's outbox router, or map the topic in the configuration."
const whole = 'Set the content type application/cloudevents+json, or send only the data as the value.'
const list =
  'Send each event as a record of its own. Over HTTP, a list of events has the content type application/cloudevents-batch+json.'

const bytes =
  'Send the bytes or the text itself, and do not serialize them as JSON again: in Node.js, buffer.toString() and not JSON.stringify(buffer).'

/** Events of other systems, by the members that they have. */
const EVENTS: readonly (readonly [names: readonly string[], what: string, remedy: string])[] = [
  [
    ['eventType', 'eventTime', 'data'],
    'is an event in the schema of Azure Event Grid',
    'Let the event subscription deliver CloudEvents (--event-delivery-schema cloudeventschemav1_0).',
  ],
  [
    ['detail-type', 'detail'],
    'is an event of Amazon EventBridge',
    'Make a CloudEvent of it, with an input transformer of the rule: the detail is its data.',
  ],
  [['cloudEventsVersion'], 'is an event of CloudEvents 0.1', 'Send CloudEvents 1.0, with a newer version of the SDK.'],
  [
    ['Type', 'Source', 'Id'],
    'has the attributes of an event in names with capitals',
    'Write them as CloudEvents has them: specversion, type, source and id; in .NET with JsonEventFormatter of its SDK.',
  ],
]

/** What a JSON value is that is not an event, as far as it can be seen. The value is not searched. */
export function foreignValue(value: unknown): Foreign | undefined {
  if (typeof value === 'string') return foreignText(value)
  if (Array.isArray(value) && value.length > 1 && isByte(value[0]) && isByte(value[1]))
    return { what: 'is a list of bytes', remedy: bytes }
  if (Array.isArray(value)) return value.length > 0 ? { what: `is a list of ${value.length}`, remedy: list } : undefined
  if (typeof value !== 'object' || value === null) return undefined
  const has = (...names: readonly string[]) => names.every((name) => Object.hasOwn(value, name))
  if (has('schema', 'payload') && Object.keys(value).length === 2)
    return { what: 'is a { schema, payload } of Kafka Connect, as Debezium sends it', remedy: connect }
  if (has('op', 'source') && (has('before') || has('after')))
    return { what: 'is a change of a table, as Debezium sends it', remedy: change }
  const found = EVENTS.find(([names]) => has(...names))
  if (found !== undefined) return { what: found[1], remedy: found[2] }
  if (isNodeBuffer(value)) return { what: 'is a Buffer of Node.js', remedy: bytes }
  // JSON.stringify writes a Uint8Array as an object of its places.
  if ('0' in value && isByte(value[0]) && '1' in value && isByte(value[1]))
    return { what: 'is a list of bytes', remedy: bytes }
  return undefined
}

/** Whether a value is what JSON.stringify makes of a Buffer, whose `type` is not that of an event. */
export const isNodeBuffer = (value: object): boolean =>
  'type' in value && value.type === 'Buffer' && 'data' in value && Object.keys(value).length === 2

/** Java's bytes have a sign. */
const isByte = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -128 && value <= 255

/** Whether a value is an object with every required attribute of CloudEvents. */
export const isWholeEvent = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['specversion', 'type', 'source', 'id'].every((name) => Object.hasOwn(value, name))

/** What data are that are not those of their event: what `foreignValue` finds, or a whole event. */
export function foreignData(data: unknown): Foreign | undefined {
  return isWholeEvent(data) ? { what: 'is a whole event', remedy: whole } : foreignValue(data)
}

function foreignText(text: string): Foreign | undefined {
  if (/^\s*[[{"]/.test(text) && isJson(text))
    return { what: 'is JSON inside a JSON text: it was encoded twice', remedy: once }
  return foreignBytes(text)
}
