import type { ProblemList } from '../check/problem-list.ts'
import { sentenceOf } from '../check/sentence-of.ts'
import { shorten, shown } from '../check/shown.ts'
import type { BelfryError, Problem } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { isTraceparent, isTracestate, namesOf } from './attributes.ts'
import { bytesOfBase64 } from './base64.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'
import { foreignData, foreignValue, isNodeBuffer } from './foreign-value.ts'
import type { EventForm } from './kafka-attributes.ts'
import { isJsonType } from './media-type.ts'
import { plainTime } from './moment.ts'
import { readJson } from './read-json.ts'

/** Contracts by event type. */
export type Contracts = ReadonlyMap<string, Contract>

/** An event that its contract has checked, or the error that refuses it. */
export type ReadEvent =
  | {
      readonly ok: true
      readonly event: CloudEvent
      readonly contract: Contract
      /** Absent if nothing of the event is left out. */
      readonly forms?: readonly EventForm[]
    }
  | ({ readonly ok: false; readonly error: BelfryError } & RefusedEvent)

/** What could be read of an event that is refused. */
export interface RefusedEvent {
  readonly type?: string
  /** 1–512 characters that a store can keep. */
  readonly source?: string
  /** 1–256 characters that a store can keep. */
  readonly id?: string
}

/** The longest event type. An unknown type is logged and returned to the producer, and is cut to this length before. */
export const MAX_TYPE_CHARACTERS = 256

/**
 * Builds an event from its attributes, which `attribute` returns by name, and its data, and checks it with its contract.
 * @param received makes the `time` of an event that has none
 * @param found the list to which its problems are added
 */
export function readEvent(
  attribute: (name: string) => unknown,
  data: unknown,
  contract: Contract,
  received: () => string,
  found?: ProblemList,
): ReadEvent {
  const event: Record<string, unknown> = {
    specversion: attribute('specversion'),
    id: attribute('id'),
    source: attribute('source'),
    type: contract.type,
  }
  for (const name of ['time', 'subject', 'dataschema']) {
    const value = attribute(name)
    if (isThere(value)) event[name] = value
  }
  event.time = typeof event.time === 'string' ? plainTime(event.time) : (event.time ?? received())
  // A trace that is not valid does not make the event invalid: it is left out.
  const traceparent = attribute('traceparent')
  if (isTraceparent(traceparent)) {
    event.traceparent = traceparent
    const tracestate = attribute('tracestate')
    if (isTracestate(tracestate)) event.tracestate = tracestate
  }
  event.data = data
  // The contract checks every attribute and the data, and returns the event only if it has no problems.
  const candidate = event as unknown as CloudEvent
  const checked = contract.check(candidate, found)
  if (checked.ok) {
    const forms: EventForm[] = []
    if (candidate.traceparent === undefined && isThere(traceparent)) forms.push('invalid_trace')
    if (checked.event.data !== data && isPreviousUnset(data, checked.event.data)) forms.push('unset_previous')
    return { ok: true, event: checked.event, contract, ...(forms.length > 0 && { forms }) }
  }
  const { problems } = checked
  const error = invalidData(contract.type, problems, data) ?? invalid(contract.type, problems)
  return { ok: false, error, type: contract.type, ...namesOf(attribute) }
}

/** Serializers and headers send an attribute without a value as null or empty. */
const isThere = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/** Whether fields of `previous` were left out when the data was read, because null there means only that they are not set. */
const isPreviousUnset = (sent: unknown, read: unknown): boolean => fieldsOfPrevious(read) < fieldsOfPrevious(sent)

function fieldsOfPrevious(data: unknown): number {
  const previous: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'previous') : undefined
  return typeof previous === 'object' && previous !== null ? Object.keys(previous).length : 0
}

/** The error for data that are something else, which is more useful than what they lack; undefined if they are not. */
function invalidData(type: string, problems: readonly Problem[], data: unknown): BelfryError | undefined {
  const foreign = problems.some(({ path }) => path.startsWith('/data')) ? foreignData(data) : undefined
  if (foreign === undefined) return undefined
  const { what, remedy } = foreign
  return invalid(
    type,
    [...problems.filter(({ path }) => !path.startsWith('/data')), { path: '/data', message: what }],
    remedy,
  )
}

/** Makes the error EVENT_INVALID of these problems. */
export function invalid(type: string, problems: readonly Problem[], remedy?: string): BelfryError {
  const more = { problems, ...(remedy !== undefined && { remedy }) }
  return eventErrors.EVENT_INVALID({ type, problems: sentenceOf(problems) }, more)
}

/** Makes the error EVENT_NOT_CLOUDEVENT, with the remedy for what the value is instead. */
function notCloudEvent(why: string, value: unknown): BelfryError {
  const { what, remedy } = foreignValue(value) ?? {}
  return what === undefined || remedy === undefined
    ? eventErrors.EVENT_NOT_CLOUDEVENT({ why })
    : eventErrors.EVENT_NOT_CLOUDEVENT({ why: `it ${what}` }, { remedy })
}

/**
 * The error for data that were sent with the content type of a whole event, while the attributes are in headers; undefined for any other
 * value.
 */
export function splitEvent(value: unknown): BelfryError | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (Object.hasOwn(value, 'type') || foreignValue(value) !== undefined) return undefined
  return eventErrors.EVENT_NOT_CLOUDEVENT(
    { why: 'its content type is that of a whole event, but its attributes are in headers' },
    { remedy: 'Send the data with the content type application/json, or the attributes in the value too.' },
  )
}

/** Reads an event in structured mode (one JSON object with its attributes and data). Returns `unknown` with its type if no contract has that type. */
export function readStructured(
  value: unknown,
  contracts: Contracts,
  received: () => string,
  found?: ProblemList,
): ReadEvent | { readonly unknown: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, error: notCloudEvent('it is not a JSON object', value) }
  const attribute = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const type = attribute('type')
  if (typeof type !== 'string' || type === '' || isNodeBuffer(value))
    return { ok: false, error: notCloudEvent('it has no type', value), ...namesOf(attribute) }
  const contract = contracts.get(type)
  if (contract === undefined) return { unknown: shorten(type, MAX_TYPE_CHARACTERS) }
  const data = dataOf(attribute)
  if ('problem' in data)
    return { ok: false, error: invalid(type, [data.problem], data.remedy), type, ...namesOf(attribute) }
  return readEvent(attribute, data.data, contract, received, found)
}

/** The data of an event in structured mode, or why they are not JSON, which CloudEvents allows and Belfry does not. */
function dataOf(
  attribute: (name: string) => unknown,
): { readonly data: unknown } | { readonly problem: Problem; readonly remedy?: string } {
  const type = attribute('datacontenttype') ?? ''
  if (type !== '' && !isJsonType(type))
    return { problem: { path: '/datacontenttype', message: `is ${shown(type)}, expected application/json` } }
  const [data, base64] = [attribute('data'), attribute('data_base64')]
  if (base64 === undefined || base64 === null) return { data }
  const problem = (message: string) => ({ problem: { path: '/data_base64', message } })
  if (data !== undefined && data !== null) return problem('is there beside data, expected only one of them')
  const bytes = typeof base64 === 'string' ? bytesOfBase64(base64) : undefined
  if (bytes === undefined) return problem(`is ${shown(base64)}, expected JSON in Base64`)
  const json = readJson(bytes)
  if (json.ok) return { data: json.value }
  const { error, foreign } = json
  return foreign === undefined
    ? problem(`holds what cannot be read: ${error.sentence}`)
    : { ...problem(`holds what is not JSON: it ${foreign.what}`), remedy: foreign.remedy }
}
