import { shorten, shown } from '../check/shown.ts'
import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'
import {
  type Contracts,
  invalid,
  isJsonType,
  LONGEST_TYPE,
  mediaTypeOf,
  type ReadEvent,
  readEvent,
  readJson,
  readStructured,
} from './read-event.ts'

/** A record of a topic; headers are text. */
export interface KafkaRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** When the log took it, in milliseconds since 1970. */
  readonly timestamp: number
}

/** What a record is: an event (its `time` always known), a tombstone, of a type that nobody here listens to, or none that can be read. */
export type Decoded =
  | { readonly kind: 'event'; readonly event: CloudEvent; readonly contract: Contract }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'invalid'; readonly error: BelfryError; readonly type?: string }

/**
 * Reads a record in either mode of CloudEvents' Kafka binding. In binary mode the header `ce_type` decides the contract before
 * the value is parsed. Never throws.
 */
export function decodeRecord(record: KafkaRecord, contracts: Contracts): Decoded {
  const { value } = record
  if (value === null) return { kind: 'tombstone' }
  const header = headerOf(record.headers)
  const type = header('ce_type')
  const time = timeOf(record.timestamp)
  if (type !== undefined) return decodeBinary(value, type, header, contracts, time)
  if (mediaTypeOf(header('content-type') ?? '') === 'application/cloudevents+json')
    return decodeStructured(value, contracts, time)
  const why = 'it has neither a ce_type header nor the content type application/cloudevents+json'
  return { kind: 'invalid', error: eventErrors.EVENT_NOT_CLOUDEVENT({ why }) }
}

function decodeBinary(
  value: Uint8Array,
  type: string,
  header: (name: string) => string | undefined,
  contracts: Contracts,
  time: string,
): Decoded {
  const contract = contracts.get(type)
  if (contract === undefined) return { kind: 'unknown', type: shorten(type, LONGEST_TYPE) }
  const contentType = header('content-type')
  if (contentType !== undefined && !isJsonType(contentType))
    return {
      kind: 'invalid',
      type,
      error: invalid(type, [{ path: '/content-type', message: `is ${shown(contentType)}, expected application/json` }]),
    }
  const json = readJson(value)
  if (!json.ok) return { kind: 'invalid', error: json.error, type }
  return decodedOf(readEvent((name) => header(`ce_${name}`), json.value, contract, time))
}

function decodeStructured(value: Uint8Array, contracts: Contracts, time: string): Decoded {
  const json = readJson(value)
  if (!json.ok) return { kind: 'invalid', error: json.error }
  const read = readStructured(json.value, contracts, time)
  return 'unknown' in read ? { kind: 'unknown', type: read.unknown } : decodedOf(read)
}

/** A record's event as `Decoded` says it. */
export function decodedOf(read: ReadEvent): Decoded {
  if (read.ok) return { kind: 'event', event: read.event, contract: read.contract }
  return { kind: 'invalid', error: read.error, ...(read.type !== undefined && { type: read.type }) }
}

/** A header by its name in lower case, as nearly everybody writes it, or however it is written. */
export function headerOf(headers: Readonly<Record<string, string | undefined>>): (name: string) => string | undefined {
  let lower: ReadonlyMap<string, string | undefined> | undefined
  return (name) => {
    if (Object.hasOwn(headers, name)) return headers[name]
    lower ??= new Map(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]))
    return lower.get(name)
  }
}

const latest = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * A record's timestamp, in milliseconds since 1970. What is no moment counts as the beginning of 1970: a broker without timestamps says
 * -1, and who counts in microseconds names a year that no store takes.
 */
export const momentOf = (timestamp: number): number => (timestamp > 0 && timestamp <= latest ? timestamp : 0)

/** A record's timestamp as RFC 3339. */
export const timeOf = (timestamp: number): string => new Date(momentOf(timestamp)).toISOString()
