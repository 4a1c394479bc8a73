import type { ProblemList } from '../check/problem-list.ts'
import { sentenceOf } from '../check/sentence-of.ts'
import { shorten, shown } from '../check/shown.ts'
import type { BelfryError, Problem } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { isTraceparent, namesOf, optionalAttributes } from './attributes.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'

/** Contracts by event type. */
export type Contracts = ReadonlyMap<string, Contract>

/** An event that its contract has checked, or the error that refuses it. */
export type ReadEvent =
  | { readonly ok: true; readonly event: CloudEvent; readonly contract: Contract }
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

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses JSON from bytes or text, or returns the error with the reason. */
export function readJson(
  body: Uint8Array | string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: BelfryError } {
  let text: string
  try {
    text = typeof body === 'string' ? body : utf8.decode(body)
  } catch {
    return { ok: false, error: eventErrors.EVENT_NOT_JSON({ why: 'its bytes are not UTF-8' }) }
  }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return {
      ok: false,
      error: eventErrors.EVENT_NOT_JSON({ why: error instanceof Error ? error.message.toWellFormed() : String(error) }),
    }
  }
}

/**
 * Builds an event from its attributes, which `attribute` returns by name, and its data, and checks it with its contract.
 * @param time the `time` of an event that has none
 * @param found the list to which its problems are added
 */
export function readEvent(
  attribute: (name: string) => unknown,
  data: unknown,
  contract: Contract,
  time: string,
  found?: ProblemList,
): ReadEvent {
  const event: Record<string, unknown> = {
    specversion: attribute('specversion'),
    id: attribute('id'),
    source: attribute('source'),
    type: contract.type,
  }
  for (const name of optionalAttributes) {
    const value = attribute(name)
    if (value !== undefined && value !== null) event[name] = value
  }
  event.time ??= time
  // An invalid trace does not make the event invalid: it is left out.
  if (!isTraceparent(event.traceparent)) {
    delete event.traceparent
    delete event.tracestate
  }
  event.data = data
  // The contract checks every attribute and the data, and returns the event only if it has no problems.
  const candidate = event as unknown as CloudEvent
  const checked = contract.check(candidate, found)
  return checked.ok
    ? { ok: true, event: checked.event, contract }
    : { ok: false, error: invalid(contract.type, checked.problems), type: contract.type, ...namesOf(attribute) }
}

/** Makes the error EVENT_INVALID of these problems. */
export function invalid(type: string, problems: readonly Problem[]): BelfryError {
  return eventErrors.EVENT_INVALID({ type, problems: sentenceOf(problems) }, { problems })
}

/** Reads an event in structured mode (one JSON object with its attributes and data). Returns `unknown` with its type if no contract has that type. */
export function readStructured(
  value: unknown,
  contracts: Contracts,
  time: string,
  found?: ProblemList,
): ReadEvent | { readonly unknown: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: 'it is not a JSON object' }) }
  const attribute = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const type = attribute('type')
  if (typeof type !== 'string' || type === '')
    return { ok: false, error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: 'it has no type' }), ...namesOf(attribute) }
  const contract = contracts.get(type)
  if (contract === undefined) return { unknown: shorten(type, MAX_TYPE_CHARACTERS) }
  const problem = problemOfData(attribute)
  if (problem) return { ok: false, error: invalid(type, [problem]), type, ...namesOf(attribute) }
  return readEvent(attribute, attribute('data'), contract, time, found)
}

/** The problem of data that is not JSON, which CloudEvents allows and Belfry does not. */
function problemOfData(attribute: (name: string) => unknown): Problem | undefined {
  if (attribute('data_base64') !== undefined)
    return { path: '/data_base64', message: 'is there, expected data as JSON' }
  const type = attribute('datacontenttype')
  if (type === undefined || type === null || isJsonType(type)) return undefined
  return { path: '/datacontenttype', message: `is ${shown(type)}, expected application/json` }
}

/** Whether a content type is JSON: application/json, or one with the suffix +json. */
export function isJsonType(type: unknown): boolean {
  if (typeof type !== 'string') return false
  const media = mediaTypeOf(type)
  return media === 'application/json' || media.endsWith('+json')
}

/** A content type without its parameters, in lower case. */
export const mediaTypeOf = (type: string): string =>
  (type.replace(/^\s*"(.*)"\s*$/s, '$1').split(';', 1)[0] ?? '').trim().toLowerCase()
