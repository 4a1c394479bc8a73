import { hash } from 'node:crypto'
import type { Entry, EventRef } from '@belfry/core'
import type { PlacedEntries } from './entries.ts'

/** The namespace of Belfry's identities: a UUID drawn once, part of every identity since. */
const namespace = Buffer.from('5f1f6c1e8a3c4d5b9c0e2b7d3e4a6f90', 'hex')

/** The identity of an event: the UUIDv5 (RFC 9562) of its source and id, which together are unique. */
export function identityOf({ source, id }: { readonly source: string; readonly id: string }): string {
  // The length keeps ('a', 'bc') and ('ab', 'c') apart, whatever characters they hold.
  const sha1 = hash('sha1', Buffer.concat([namespace, Buffer.from(`${source.length} ${source} ${id}`)]), 'hex')
  const variant = ((Number.parseInt(sha1.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${sha1.slice(0, 8)}-${sha1.slice(8, 12)}-5${sha1.slice(13, 16)}-${variant}${sha1.slice(18, 20)}-${sha1.slice(20, 32)}`
}

/** The hash of an event's content that is kept beside its identity. Without the salt of the store, data cannot be guessed from it. */
export const contentHash = ({ content }: Pick<EventRef, 'content'>, salt: string): string | undefined =>
  content === undefined ? undefined : hash('sha256', `${salt} content ${content}`, 'hex').slice(0, 16)

/**
 * The events of these entries and their effects, by identity. Of an event that is there several times it has the first entry: those that
 * repeat it have no effects.
 */
export function firstOfEach(slices: readonly PlacedEntries[]) {
  const first = new Map<string, { readonly event: EventRef } & Pick<Entry, 'effects'>>()
  for (const { entries } of slices)
    for (const { event, effects } of entries) {
      if (event === undefined) continue
      const identity = identityOf(event)
      if (!first.has(identity)) first.set(identity, { event, effects })
    }
  return first
}
