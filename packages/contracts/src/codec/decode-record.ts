import { shorten, shown } from '../check/shown.ts'
import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { namesOf } from './attributes.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'
import { attributesOf, type EventForm, type KafkaAttributes } from './kafka-attributes.ts'
import {
  type Contracts,
  invalid,
  isJsonType,
  MAX_TYPE_CHARACTERS,
  mediaTypeOf,
  type ReadEvent,
  type RefusedEvent,
  readEvent,
  readJson,
  readStructured,
} from './read-event.ts'

/** A record of a topic, with its headers as text. */
export interface KafkaRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** When the log received it, in milliseconds since 1970. */
  readonly timestamp: number
}

/** The content of a record: an event (always with a `time`), a tombstone, an event of a type that no plugin listens to, or a record that cannot be read. */
export type Decoded =
  | {
      readonly kind: 'event'
      readonly event: CloudEvent
      readonly contract: Contract
      /** Absent if the event was sent as the Kafka binding of CloudEvents has it. */
      readonly forms?: readonly EventForm[]
    }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'unknown'; readonly type: string }
  | ({ readonly kind: 'invalid'; readonly error: BelfryError } & RefusedEvent)

/**
 * Decodes a record in either mode of the Kafka binding of CloudEvents. In binary mode the header `ce_type` selects the contract before
 * the value is parsed. Never throws.
 */
export function decodeRecord(record: KafkaRecord, contracts: Contracts): Decoded {
  const { value } = record
  if (value === null) return { kind: 'tombstone' }
  const header = headerOf(record.headers)
  const time = timeOf(record.timestamp)
  const attributes = attributesOf(record.headers, header)
  if (attributes !== undefined) return decodeBinary(value, attributes, header, contracts, time)
  if (mediaTypeOf(header('content-type') ?? '') === 'application/cloudevents+json')
    return decodeStructured(value, contracts, time)
  const why = 'it has neither a ce_type header nor the content type application/cloudevents+json'
  return { kind: 'invalid', error: eventErrors.EVENT_NOT_CLOUDEVENT({ why }) }
}

function decodeBinary(
  value: Uint8Array,
  { attribute, forms, problems }: KafkaAttributes,
  header: (name: string) => string | undefined,
  contracts: Contracts,
  time: string,
): Decoded {
  const type = attribute('type') ?? ''
  const refuse = (error: BelfryError): Decoded => ({
    kind: 'invalid',
    error,
    ...(type !== '' && { type: shorten(type, MAX_TYPE_CHARACTERS) }),
    ...namesOf(attribute),
  })
  if (problems !== undefined) return refuse(invalid(type === '' ? 'event' : shorten(type), problems))
  const contract = contracts.get(type)
  if (contract === undefined) return { kind: 'unknown', type: shorten(type, MAX_TYPE_CHARACTERS) }
  const contentType = header('content-type')
  if (contentType !== undefined && !isJsonType(contentType))
    return refuse(
      invalid(type, [{ path: '/content-type', message: `is ${shown(contentType)}, expected application/json` }]),
    )
  const json = readJson(value)
  if (!json.ok) return refuse(json.error)
  return decodedOf(readEvent(attribute, json.value, contract, time), forms)
}

function decodeStructured(value: Uint8Array, contracts: Contracts, time: string): Decoded {
  const json = readJson(value)
  if (!json.ok) return { kind: 'invalid', error: json.error }
  const read = readStructured(json.value, contracts, time)
  return 'unknown' in read ? { kind: 'unknown', type: read.unknown } : decodedOf(read)
}

/** Converts the result of reading an event to the content of a record. */
export function decodedOf(read: ReadEvent, forms?: readonly EventForm[]): Decoded {
  if (!read.ok) {
    const { ok: _, ...refused } = read
    return { kind: 'invalid', ...refused }
  }
  const { event, contract } = read
  return forms === undefined ? { kind: 'event', event, contract } : { kind: 'event', event, contract, forms }
}

/** Returns a function that finds a header by its name in lower case. Headers that are not in lower case, which is rare, are found too. */
export function headerOf<Value>(
  headers: Readonly<Record<string, Value | undefined>>,
): (name: string) => Value | undefined {
  let lower: ReadonlyMap<string, Value | undefined> | undefined
  return (name) => {
    if (Object.hasOwn(headers, name)) return headers[name]
    lower ??= new Map(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]))
    return lower.get(name)
  }
}

const LATEST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * Returns a record's timestamp in milliseconds since 1970, or 0 for one that cannot be used: a broker without timestamps sends -1, and a
 * producer that counts in microseconds names a year that the store cannot keep.
 */
export const momentOf = (timestamp: number): number => (timestamp > 0 && timestamp <= LATEST_MOMENT ? timestamp : 0)

/** A record's timestamp as RFC 3339. */
export const timeOf = (timestamp: number): string => new Date(momentOf(timestamp)).toISOString()
