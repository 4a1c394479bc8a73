import type { ProblemList } from '../check/problem-list.ts'
import { sentenceOf } from '../check/sentence-of.ts'
import { shorten, shown } from '../check/shown.ts'
import type { BelfryError, Problem } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { isTraceparent, optionalAttributes } from './attributes.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'

/** Contracts by event type. */
export type Contracts = ReadonlyMap<string, Contract>

/** An event that its contract has checked, or why there is none. */
export type ReadEvent =
  | { readonly ok: true; readonly event: CloudEvent; readonly contract: Contract }
  | { readonly ok: false; readonly error: BelfryError; readonly type?: string }

/** What is no type of a contract is logged, and answered with: not more of it than a type may have. */
export const LONGEST_TYPE = 256

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** JSON from bytes or text, or why it is none. */
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
 * Puts an event together from its attributes (by name, wherever they stood) and its data, and lets its contract check it.
 * @param time what `time` is where the event has none
 * @param found where its problems are added
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
  // What is no trace of ours is nobody's mistake here: it is left out.
  if (!isTraceparent(event.traceparent)) {
    delete event.traceparent
    delete event.tracestate
  }
  event.data = data
  // The contract checks every attribute and the data; what does not fit is refused, so the event is one.
  const candidate = event as unknown as CloudEvent
  const problems = contract.check(candidate, found)
  return problems.length === 0
    ? { ok: true, event: candidate, contract }
    : { ok: false, error: invalid(contract.type, problems), type: contract.type }
}

/** EVENT_INVALID of these problems. */
export function invalid(type: string, problems: readonly Problem[]): BelfryError {
  return eventErrors.EVENT_INVALID({ type, problems: sentenceOf(problems) }, { problems })
}

/** An event in the structured form of JSON: `unknown` where no contract is of its type. */
export function readStructured(
  value: unknown,
  contracts: Contracts,
  time: string,
  found?: ProblemList,
): ReadEvent | { readonly unknown: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: 'it is no JSON object' }) }
  const attribute = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const type = attribute('type')
  if (typeof type !== 'string' || type === '')
    return { ok: false, error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: 'it has no type' }) }
  const contract = contracts.get(type)
  if (contract === undefined) return { unknown: shorten(type, LONGEST_TYPE) }
  const strange = strangeData(attribute)
  if (strange) return { ok: false, error: invalid(type, [strange]), type }
  return readEvent(attribute, attribute('data'), contract, time, found)
}

/** Data that are no JSON, though CloudEvents allows them. */
function strangeData(attribute: (name: string) => unknown): Problem | undefined {
  if (attribute('data_base64') !== undefined)
    return { path: '/data_base64', message: 'is there, expected data as JSON' }
  const type = attribute('datacontenttype')
  if (type === undefined || type === null || isJsonType(type)) return undefined
  return { path: '/datacontenttype', message: `is ${shown(type)}, expected application/json` }
}

/** Whether a content type says JSON: application/json, or any with the suffix +json. */
export function isJsonType(type: unknown): boolean {
  if (typeof type !== 'string') return false
  const media = mediaTypeOf(type)
  return media === 'application/json' || media.endsWith('+json')
}

/** A content type without its parameters, in lower case. */
export const mediaTypeOf = (type: string): string => (type.split(';', 1)[0] ?? '').trim().toLowerCase()
