import { shown } from '../check/shown.ts'
import type { Problem } from '../errors.ts'
import type { Foreign } from './foreign-bytes.ts'
import { foreignData } from './foreign-value.ts'
import { readJson } from './read-json.ts'

/** The content types of CloudEvents begin with it. */
export const CLOUDEVENTS = 'application/cloudevents'

/** A content type without its parameters, in lower case; quotes around the whole of it, which some mappers of headers write, are left out. */
export const mediaTypeOf = (type: string): string => (bare(type).split(';', 1)[0] ?? '').trim().toLowerCase()

/** Whether a content type is JSON: a subtype `json`, or one that ends with `+json`. */
export function isJsonType(type: unknown): boolean {
  // Nearly every event has this one.
  if (type === 'application/json') return true
  if (typeof type !== 'string') return false
  const media = mediaTypeOf(type)
  return /^[^/\s]+\/(?:json|[^/\s]+\+json)$/.test(media)
}

/** The charset of a content type if it is another than UTF-8, of which ASCII is a part; in lower case. */
export function foreignCharset(type: string): string | undefined {
  const [, charset = ''] = /;\s*charset\s*=\s*"?([^";]*)/i.exec(bare(type)) ?? []
  const name = charset.trim().toLowerCase()
  return ['', 'utf-8', 'utf8', 'us-ascii', 'ascii'].includes(name) ? undefined : name
}

/** The problem of the content type of data that are not JSON in UTF-8. Without a content type they are. */
export function problemOfContentType(type = ''): Problem | undefined {
  if (type === '' || type === 'application/json') return undefined
  if (!isJsonType(type)) return { path: '/content-type', message: `is ${shown(type)}, expected application/json` }
  const charset = foreignCharset(type)
  return charset === undefined
    ? undefined
    : { path: '/content-type', message: `has the charset ${shown(charset)}, expected utf-8` }
}

const bare = (type: string): string => (type.startsWith('"') ? type.replace(/^"(.*)"\s*$/s, '$1') : type)

/** Why a content type cannot be read, and what to do in this case; without a remedy, that of the error's row. */
interface Unsupported {
  readonly why: string
  readonly remedy?: string
}

const MISSING = 'the attributes of the event are missing: the headers ce-specversion, ce-type, ce-source, ce-id'
/** Types that HTTP clients send unless another is given. */
const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data']

/** Returns what is missing in a request that is an event in none of the content modes, from the names of its headers and its body. */
export function unsupportedBy(contentType: string, headers: readonly string[], body: Uint8Array | string): Unsupported {
  const media = mediaTypeOf(contentType)
  if (media.startsWith(CLOUDEVENTS)) return unsupportedFormat(contentType)
  if (headers.some((name) => /^ce_/i.test(name)))
    return {
      why: 'the headers of the attributes begin with ce_, expected ce-',
      remedy:
        'Name the headers as in HTTP: ce-specversion, ce-type, ce-source, ce-id; and send the data as JSON with Content-Type: application/json.',
    }
  const foreign = foreignBody(body)
  if (foreign !== undefined) return { why: `the body ${foreign.what}`, remedy: foreign.remedy }
  if (media === '') return { why: MISSING }
  if (isJsonType(contentType))
    return {
      why: MISSING,
      remedy: `Send the attributes in these headers and the data as the body, or the whole event as ${CLOUDEVENTS}+json.`,
    }
  const remedy = `Send the whole event with Content-Type: ${CLOUDEVENTS}+json. HTTP clients send this type unless another is given.`
  return {
    why: `events are JSON, and ${MISSING}`,
    ...((FORMS.includes(media) || media === 'text/plain') && { remedy }),
  }
}

/** The attributes are in the body, which is in another format than JSON, or in another charset than UTF-8. */
function unsupportedFormat(contentType: string): Unsupported {
  const charset = foreignCharset(contentType)
  if (charset !== undefined)
    return { why: `its charset is ${shown(charset)}, expected utf-8`, remedy: 'Send the event as JSON in UTF-8.' }
  return {
    why: 'events are read as JSON alone',
    remedy: `Send ${CLOUDEVENTS}+json, or ${CLOUDEVENTS}-batch+json for a list of events.`,
  }
}

/** What a body is that has no attributes beside it: an event, or a list of events, with its attributes, or what `foreignData` finds. */
function foreignBody(body: Uint8Array | string): Foreign | undefined {
  const json = readJson(body)
  if (!json.ok) return undefined
  const isList = Array.isArray(json.value)
  const found = foreignData(isList ? json.value[0] : json.value)
  if (found?.what === 'is a whole event')
    return isList
      ? { what: 'is a list of whole events', remedy: `Send it with Content-Type: ${CLOUDEVENTS}-batch+json.` }
      : { what: found.what, remedy: `Send it with Content-Type: ${CLOUDEVENTS}+json.` }
  return found && isList ? { ...found, what: `is a list, whose first item ${found.what}` } : found
}
