import { shorten } from '../check/shown.ts'
import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { type Decoded, decodedOf, decodeRecord, isCloudEvent, type KafkaRecord } from './decode-record.ts'
import { foreignValue, isWholeEvent } from './foreign-value.ts'
import { timeOf, timeOfNumber } from './moment.ts'
import { type Contracts, MAX_TYPE_CHARACTERS, readEvent } from './read-event.ts'
import { readJson } from './read-json.ts'

/** Describes how a topic of plain JSON is read: the paths of fields, with dots between levels. */
export interface Envelope {
  readonly type: string
  /** Without it, the id is made from topic, partition and offset. */
  readonly id?: string
  /** Without it, the event has the timestamp of its record. A number counts seconds since 1970, or milliseconds, microseconds or nanoseconds. */
  readonly time?: string
  /** Without it, the whole object is the data. */
  readonly data?: string
  /** The `source` of all events of the topic. This is the value, not a path. */
  readonly source: string
}

/**
 * Decodes a record of plain JSON as its topic's envelope describes. A CloudEvent is decoded as such: `POST /v1/events` writes them to this
 * topic too. Never throws.
 */
export function decodeEnvelope(
  record: KafkaRecord,
  envelope: Envelope,
  place: { readonly topic: string; readonly partition: number; readonly offset: number },
  contracts: Contracts,
): Decoded {
  const { source } = envelope
  if (record.value === null || record.value.length === 0) return { kind: 'tombstone' }
  if (isCloudEvent(record.headers)) return decodeRecord(record, contracts)
  const json = readJson(record.value)
  if (!json.ok) return { kind: 'invalid', error: json.error, source }
  const type = fieldAt(json.value, envelope.type)
  if (typeof type !== 'string' || type === '')
    return isWholeEvent(json.value)
      ? decodeRecord(record, contracts)
      : { kind: 'invalid', error: withoutType(json.value, envelope.type), source }
  const contract = contracts.get(type)
  if (contract === undefined) return { kind: 'unknown', type: shorten(type, MAX_TYPE_CHARACTERS) }
  const attributes: Readonly<Record<string, unknown>> = {
    specversion: '1.0',
    source,
    id: envelope.id === undefined ? `${place.topic}/${place.partition}/${place.offset}` : idOf(json, envelope.id),
    time: envelope.time === undefined ? undefined : momentAt(json.value, envelope.time),
  }
  const data = envelope.data === undefined ? json.value : fieldAt(json.value, envelope.data)
  return decodedOf(
    readEvent(
      (name) => attributes[name],
      data,
      contract,
      () => timeOf(record.timestamp),
    ),
  )
}

function withoutType(value: unknown, path: string): BelfryError {
  const { what, remedy } = foreignValue(value) ?? {}
  const why = `it has no type at ${path}, where its envelope has it${what === undefined ? '' : `: it ${what}`}`
  return eventErrors.EVENT_NOT_CLOUDEVENT(
    { why },
    { remedy: remedy ?? 'Correct what the producer sends, or the envelope of the topic in the configuration.' },
  )
}

/**
 * The id at a path. In plain JSON it may be a number: its digits are taken as they are written, because JavaScript reads different numbers
 * beyond 2^53 as one.
 */
function idOf({ value, text }: { readonly value: unknown; readonly text: string }, path: string): unknown {
  const id = fieldAt(value, path)
  if (typeof id !== 'number') return id
  const last = path.slice(path.lastIndexOf('.') + 1)
  const asWritten = (name: string, one: unknown, context?: { readonly source?: string }): unknown =>
    typeof one === 'number' && name === last ? context?.source : one
  try {
    return fieldAt(JSON.parse(text, asWritten), path)
  } catch {
    // JSON of too many levels: a number is not an id, so the event is refused.
    return id
  }
}

/** The time at a path, which may be a number. */
function momentAt(value: unknown, path: string): unknown {
  const time = fieldAt(value, path)
  return typeof time === 'number' ? (timeOfNumber(time) ?? time) : time
}

/** The field at a dotted path; undefined where any level is missing. */
function fieldAt(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = Reflect.get(at, name)
  }
  return at
}
