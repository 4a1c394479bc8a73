import { type EventForm, keyOf } from '@belfry/contracts'
import type { Incoming, Place } from '../../host/incoming.ts'
import { FRAME_BYTES } from '../../ports/names-in.ts'
import type { SourceForm, SourceRecord } from '../../ports/source.ts'

/**
 * How a record that is accepted, or skipped, differs from what producers are to send: what its attributes are like, its key, its topic;
 * `too_old` is an event that causes no notifications for its age.
 */
export type RecordForm =
  | EventForm
  | SourceForm
  | 'no_key'
  | 'quoted_key'
  | 'framed_key'
  | 'other_key'
  | 'other_topic'
  | 'too_old'
  | 'tombstone'
  | 'empty'

/** The forms of a record with an event. */
export function formsOf(
  { event, contract, forms = [] }: Incoming & { readonly forms?: readonly EventForm[] },
  { key, forms: ofSource = [] }: Pick<SourceRecord, 'key' | 'forms'>,
  place: Pick<Place, 'topic'>,
): readonly RecordForm[] {
  const ofKey = formOfKey(key, keyOf(event, contract))
  const isElsewhere = contract.topic !== place.topic
  if (ofKey === undefined && !isElsewhere && ofSource.length === 0) return forms
  const all: RecordForm[] = [...ofSource, ...forms]
  if (ofKey !== undefined) all.push(ofKey)
  if (isElsewhere) all.push('other_topic')
  return all
}

/** How the key of a record differs from the key of its event. */
function formOfKey(key: Uint8Array | null, expected: string): RecordForm | undefined {
  if (key === null || key.length === 0) return 'no_key'
  if (isText(key, expected)) return undefined
  if (isText(key, JSON.stringify(expected))) return 'quoted_key'
  return key[0] === 0 && key.length > FRAME_BYTES ? 'framed_key' : 'other_key'
}

/** Whether bytes are a text in UTF-8. To compare them one by one costs least, and most keys have one byte for each character. */
function isText(bytes: Uint8Array, text: string): boolean {
  if (bytes.length < text.length) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return Buffer.from(text).equals(bytes)
    if (code !== bytes[at]) return false
  }
  return bytes.length === text.length
}
