import { shown } from '../check/shown.ts'
import type { Problem } from '../errors.ts'

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
