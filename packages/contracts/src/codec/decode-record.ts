import { shorten, shown } from '../check/shown.ts'
import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { namesOf } from './attributes.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'
import { foreignBytes } from './foreign-bytes.ts'
import { foreignValue } from './foreign-value.ts'
import { attributesOf, type EventForm, type KafkaAttributes } from './kafka-attributes.ts'
import { CLOUDEVENTS, foreignCharset, mediaTypeOf, problemOfContentType } from './media-type.ts'
import { timeOf } from './moment.ts'
import {
  type Contracts,
  invalid,
  MAX_TYPE_CHARACTERS,
  type ReadEvent,
  type RefusedEvent,
  readEvent,
  readStructured,
  splitEvent,
} from './read-event.ts'
import { readJson } from './read-json.ts'

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
 * Decodes a record in either mode of the Kafka binding of CloudEvents. The content type selects the mode. In binary mode the header `ce_type`
 * selects the contract before the value is parsed. A record with neither is an event if its value is one in structured mode. Never throws.
 */
export function decodeRecord(record: KafkaRecord, contracts: Contracts): Decoded {
  const { value } = record
  if (value === null || value.length === 0) return { kind: 'tombstone' }
  const header = headerOf(record.headers)
  const received = () => timeOf(record.timestamp)
  const contentType = header('content-type')
  if (contentType !== undefined && mediaTypeOf(contentType).startsWith(CLOUDEVENTS))
    return decodeStructured(value, contentType, contracts, received, () => attributesOf(record.headers, header))
  const attributes = attributesOf(record.headers, header)
  return attributes === undefined
    ? decodeBare(value, contracts, received)
    : decodeBinary(value, attributes, contentType, contracts, received)
}

/** Whether headers show that a record is a CloudEvent in either mode: by its content type, or by an attribute `type`. */
export function isCloudEvent(headers: KafkaRecord['headers']): boolean {
  const header = headerOf(headers)
  return (
    mediaTypeOf(header('content-type') ?? '').startsWith(CLOUDEVENTS) || attributesOf(headers, header) !== undefined
  )
}

function decodeBinary(
  value: Uint8Array,
  { attribute, forms, problems }: KafkaAttributes,
  contentType: string | undefined,
  contracts: Contracts,
  received: () => string,
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
  const problem = problemOfContentType(contentType)
  if (problem !== undefined) return refuse(invalid(type, [problem]))
  const json = readJson(value)
  if (!json.ok) return refuse(json.error)
  return decodedOf(readEvent(attribute, json.value, contract, received), forms)
}

function decodeStructured(
  value: Uint8Array,
  contentType: string,
  contracts: Contracts,
  received: () => string,
  inHeaders: () => KafkaAttributes | undefined,
): Decoded {
  const error = errorOfFormat(contentType)
  if (error !== undefined) return { kind: 'invalid', error }
  const json = readJson(value)
  if (!json.ok) return { kind: 'invalid', error: json.error }
  const decoded = decodeObject(json.value, contracts, received)
  const split = decoded.kind === 'invalid' ? splitEvent(json.value) : undefined
  const attributes = split && inHeaders()
  return split && attributes ? { kind: 'invalid', error: split, ...namesOf(attributes.attribute) } : decoded
}

/** The error for a format of CloudEvents other than that of JSON; undefined for the latter. */
function errorOfFormat(contentType: string): BelfryError | undefined {
  const media = mediaTypeOf(contentType)
  if (media.startsWith(`${CLOUDEVENTS}-batch`))
    return eventErrors.EVENT_NOT_CLOUDEVENT(
      { why: 'it is a batch, which the Kafka binding of CloudEvents does not have' },
      { remedy: 'Send each event as a record of its own, with its key.' },
    )
  if (media !== CLOUDEVENTS && media !== `${CLOUDEVENTS}+json`)
    return eventErrors.EVENT_NOT_CLOUDEVENT(
      { why: `its format is ${shown(media)}` },
      { remedy: `Send ${CLOUDEVENTS}+json, or the attributes as ce_ headers and the data as JSON.` },
    )
  const charset = foreignCharset(contentType)
  return charset === undefined
    ? undefined
    : eventErrors.EVENT_NOT_JSON({ why: `its content type has the charset ${shown(charset)}` })
}

function decodeObject(value: unknown, contracts: Contracts, received: () => string): Decoded {
  const read = readStructured(value, contracts, received)
  return 'unknown' in read ? { kind: 'unknown', type: read.unknown } : decodedOf(read)
}

/** Decodes a record without a type in its headers and without a content type of CloudEvents. */
function decodeBare(value: Uint8Array, contracts: Contracts, received: () => string): Decoded {
  const json = readJson(value)
  const object: object = json.ok && typeof json.value === 'object' && json.value !== null ? json.value : {}
  const required = ['specversion', 'type', 'source', 'id'] as const
  const missing = required.filter((name) => !Object.hasOwn(object, name))
  if (json.ok && missing.length === 0) return decodeObject(object, contracts, received)
  const { what, remedy } = (json.ok ? foreignValue(json.value) : foreignBytes(value)) ?? {}
  const instead = what ?? (json.ok ? `lacks ${missing.join(', ')}` : 'is not JSON')
  const why = `it has neither a ce_type header nor the content type ${CLOUDEVENTS}+json, and its value ${instead}`
  return {
    kind: 'invalid',
    error: eventErrors.EVENT_NOT_CLOUDEVENT({ why }, { ...(remedy !== undefined && { remedy }) }),
    ...namesOf((name) => (Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined)),
  }
}

/** Converts the result of reading an event to the content of a record. */
export function decodedOf(read: ReadEvent, more: readonly EventForm[] = []): Decoded {
  if (!read.ok) {
    const { ok: _, ...refused } = read
    return { kind: 'invalid', ...refused }
  }
  const { event, contract, forms } = read
  if (forms === undefined && more.length === 0) return { kind: 'event', event, contract }
  return { kind: 'event', event, contract, forms: [...more, ...(forms ?? [])] }
}

/** Returns a function that finds a header by its name in lower case. Headers that are not in lower case, which is rare, are found too. */
export function headerOf<Value>(
  headers: Readonly<Record<string, Value | undefined>>,
): (name: string) => Value | undefined {
  let others: ReadonlyMap<string, Value | undefined> | undefined
  return (name) => {
    if (Object.hasOwn(headers, name)) return headers[name]
    others ??= new Map(notInLowerCase(headers).map((key) => [key.toLowerCase(), headers[key]]))
    return others.get(name)
  }
}

const notInLowerCase = (headers: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(headers).filter((key) => key !== key.toLowerCase())
