import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Wanted } from '../../delivery/socket.ts'
import type { StreamQuery } from '../schemas.ts'

/** A number beyond those of every inbox: a client that claims to have them gets a reset. */
const BEYOND_ANY_HEAD = 2_147_483_647

/**
 * Where a client begins. The id of the last event that it received goes before `after` and `epoch`, which its address keeps from its
 * beginning. Its header goes before its query parameter for the same reason: a client that can set the header sends the newest one there.
 */
export function wantedOf({ headers, query }: Pick<FastifyRequest, 'headers' | 'query'>): Wanted {
  const { after, epoch, lastEventId } = query as Static<typeof StreamQuery>
  return resumeOf(headers['last-event-id']) ?? resumeOf(lastEventId) ?? { after, epoch }
}

/** Names by which clients of event streams send the id where they cannot set a header; each also in other cases, and with `-` or `_`. */
const ID_NAMES: ReadonlySet<string> = new Set(['lasteventid', 'evslasteventid'])
/** What one of these clients sends beside it, of how its browser buffers a stream. It means nothing here. */
const IGNORED_NAMES: ReadonlySet<string> = new Set(['evspreamble', 'evsbuffersizelimit'])

/** Reads every spelling of `lastEventId`; the last one counts, because clients append the newest to their address. */
export function withLastEventId(query: unknown): unknown {
  const entries = Object.entries<unknown>(Object(query))
  const plain = (name: string) => name.toLowerCase().replace(/[-_]/g, '')
  const ids = entries.flatMap(([name, value]) => (ID_NAMES.has(plain(name)) ? value : []))
  const others = entries.filter(([name]) => !ID_NAMES.has(plain(name)) && !IGNORED_NAMES.has(plain(name)))
  return Object.fromEntries([...others, ['lastEventId', ids.findLast((id) => id !== '') ?? '']])
}

/** `<epoch>/<head>` of the last event that a client received; anything else is not an id of this stream, and resumes nothing. */
function resumeOf(id: string | readonly string[] | undefined): Wanted | undefined {
  if (id === undefined || id === '') return undefined
  const [, epoch, head] = (typeof id === 'string' && /^(.{1,128})\/(\d{1,10})$/.exec(id)) || []
  return epoch === undefined ? { after: BEYOND_ANY_HEAD } : { epoch, after: Math.min(Number(head), BEYOND_ANY_HEAD) }
}
