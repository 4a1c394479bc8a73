import { didYouMean } from '../check/did-you-mean.ts'
import { ProblemList } from '../check/problem-list.ts'
import { shorten, shown } from '../check/shown.ts'
import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { Contract } from './contract.ts'
import { headerOf } from './decode-record.ts'
import { attributesOfHttp } from './http-attributes.ts'
import type { EventForm } from './kafka-attributes.ts'
import { CLOUDEVENTS, foreignCharset, mediaTypeOf, problemOfContentType, unsupportedBy } from './media-type.ts'
import { type Contracts, invalid, type ReadEvent, readEvent, readStructured, splitEvent } from './read-event.ts'
import { readJson } from './read-json.ts'

/** The headers and body of a request, as they were received. */
export interface HttpEvent {
  /** As Node has them, with one character for each byte of a value; a list for a header that came several times. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string | Uint8Array
}

/** An event of a request. */
export interface AcceptedEvent {
  readonly event: CloudEvent
  readonly contract: Contract
  /** Absent if nothing of the event is left out. */
  readonly forms?: readonly EventForm[]
}

/** All events of a request, or one error with every problem of every event: a batch is accepted as a whole or not at all. */
export type DecodedHttp =
  | { readonly ok: true; readonly events: readonly AcceptedEvent[] }
  | { readonly ok: false; readonly error: BelfryError }

/**
 * Decodes a request in one of the three content modes of the HTTP binding of CloudEvents. Never throws.
 * @param options.acceptedAt the `time` of events that have none, as RFC 3339
 * @param options.maxBatch the largest number of events in a batch
 */
export function decodeHttp(
  request: HttpEvent,
  contracts: Contracts,
  options: { readonly acceptedAt: string; readonly maxBatch: number },
): DecodedHttp {
  const received = () => options.acceptedAt
  const header = headerOf(request.headers)
  const contentType = textOf(header('content-type'))
  const media = mediaTypeOf(contentType)
  if (!media.startsWith(CLOUDEVENTS)) {
    if (!Object.keys(request.headers).some((name) => /^ce-/i.test(name))) return unsupported(contentType, request)
    return decodedOf(readBinary(request, contentType, contracts, received))
  }
  const batch = media === `${CLOUDEVENTS}-batch+json`
  if ((!batch && media !== `${CLOUDEVENTS}+json` && media !== CLOUDEVENTS) || foreignCharset(contentType) !== undefined)
    return unsupported(contentType, request)
  const json = readJson(request.body)
  if (!json.ok) return json
  if (!batch) {
    const split = header('ce-type') === undefined ? undefined : splitEvent(json.value)
    if (split !== undefined) return { ok: false, error: split }
    return decodedOf(refuseUnknown(readStructured(json.value, contracts, received), contracts))
  }
  if (!Array.isArray(json.value))
    return {
      ok: false,
      error: eventErrors.EVENT_NOT_CLOUDEVENT(
        { why: 'a batch is a JSON array of events' },
        { remedy: `Send the events as a list, or a single event with Content-Type: ${CLOUDEVENTS}+json.` },
      ),
    }
  const { length } = json.value
  if (length > options.maxBatch)
    return { ok: false, error: eventErrors.BATCH_TOO_LARGE({ found: length, most: options.maxBatch }) }
  return decodeBatch(json.value, (one, found) =>
    refuseUnknown(readStructured(one, contracts, received, found), contracts),
  )
}

function unsupported(contentType: string, { headers, body }: HttpEvent): DecodedHttp {
  const { why, remedy } = unsupportedBy(contentType, Object.keys(headers), body)
  const blanks = { found: shorten(contentType) || 'missing', why }
  return { ok: false, error: eventErrors.CONTENT_TYPE_UNSUPPORTED(blanks, remedy === undefined ? {} : { remedy }) }
}

/** Encodes an event as a request in structured mode. */
export function encodeHttp(event: CloudEvent): {
  readonly headers: { readonly 'content-type': string }
  readonly body: string
} {
  return { headers: { 'content-type': 'application/cloudevents+json' }, body: JSON.stringify(event) }
}

function readBinary(
  { headers, body }: HttpEvent,
  contentType: string,
  contracts: Contracts,
  received: () => string,
): ReadEvent {
  const { attribute, problems } = attributesOfHttp(headers, { text: false })
  const type = attribute('type') ?? ''
  if (problems.length > 0) return { ok: false, error: invalid(type === '' ? 'event' : shorten(type), problems) }
  if (type === '') return { ok: false, error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: 'it has no ce-type header' }) }
  const contract = contracts.get(type)
  if (contract === undefined) return refuseUnknown({ unknown: type }, contracts)
  const problem = problemOfContentType(contentType)
  if (problem !== undefined) return { ok: false, type, error: invalid(type, [problem]) }
  const json = readJson(body)
  return json.ok ? readEvent(attribute, json.value, contract, received) : json
}

/** A header that came several times is joined, as HTTP has it. */
const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '')

function refuseUnknown(read: ReadEvent | { readonly unknown: string }, contracts: Contracts): ReadEvent {
  if (!('unknown' in read)) return read
  const types = [...contracts.keys()]
  // CloudEvents recommends types with a domain in front (com.example.booking.created): these have none.
  const meant = didYouMean(read.unknown, types) ?? types.find((type) => read.unknown.endsWith(`.${type}`))
  const message = `is ${shown(read.unknown)}, which no plugin listens to${meant === undefined ? '' : `, did you mean ${meant}?`}`
  return {
    ok: false,
    error: eventErrors.EVENT_TYPE_UNKNOWN({ problems: `type ${message}` }, { problems: [{ path: '/type', message }] }),
  }
}

const decodedOf = (read: ReadEvent): DecodedHttp =>
  read.ok ? { ok: true, events: [acceptedOf(read)] } : { ok: false, error: read.error }

const acceptedOf = ({ event, contract, forms }: ReadEvent & { readonly ok: true }): AcceptedEvent =>
  forms === undefined ? { event, contract } : { event, contract, forms }

function decodeBatch(
  values: readonly unknown[],
  readOne: (value: unknown, found: ProblemList) => ReadEvent,
): DecodedHttp {
  const events: AcceptedEvent[] = []
  const found = new ProblemList()
  const codes = new Set<string>()
  const remedies = new Set<string | undefined>()
  for (const [index, value] of values.entries()) {
    // Once the list is full, the problems of this event are only counted.
    const read = readOne(value, new ProblemList(found.room))
    if (read.ok) {
      events.push(acceptedOf(read))
      continue
    }
    codes.add(read.error.code)
    remedies.add(read.error.remedy)
    const { problems, sentence } = read.error
    if (problems.length > 0) found.addAll(problems, `/${index}`)
    else found.add(`/${index}`, () => `is refused: ${sentence}`)
  }
  if (found.count === 0) return { ok: true, events }
  // What helps one event may mislead about another.
  const [remedy] = remedies.size === 1 ? remedies : []
  const error = invalid('batch', found.problems, remedy)
  const onlyTypes = codes.size === 1 && codes.has('EVENT_TYPE_UNKNOWN')
  return {
    ok: false,
    error: onlyTypes
      ? eventErrors.EVENT_TYPE_UNKNOWN({ problems: error.sentence }, { problems: error.problems })
      : error,
  }
}
