import { hash } from 'node:crypto'
import { clipMessage, cutLetter, type DeadLetter, type EventRef, isTooLarge, namesIn } from '@belfry/core'
import { storable } from '../connect/records.ts'
import type { PlacedEntries } from '../events/entries.ts'
import { postgresLimits } from '../limits.ts'
import { followedKey, keyHash } from './letter-keys.ts'

/** A dead letter as it is written. */
export interface LetterRow {
  readonly columns: Readonly<Record<string, unknown>>
  /** The hash of the key by which later events follow it. */
  readonly key: string | undefined
  /** About how many bytes it takes in a statement. */
  readonly bytes: number
}

/** Dead letters as they are written. */
export type LetterRows = ReadonlyMap<DeadLetter, LetterRow>

/** The hash of a name in a dead letter. It is kept no longer than the letter, which has the name itself. */
export const nameHash = (name: string, salt: string): string =>
  hash('sha256', `${salt} named ${name}`, 'buffer').readBigInt64BE().toString()

/** The rows of these entries' dead letters. They are made before any lock is taken, since it takes long to find the names in a large one. */
export function letterRowsOf(slices: readonly PlacedEntries[], salt: string): LetterRows {
  const rows = new Map<DeadLetter, LetterRow>()
  for (const { topic, entries } of slices)
    for (const { event, deadLetters } of entries)
      for (const letter of deadLetters) rows.set(letter, letterRowOf(topic, letter, event, salt))
  return rows
}

/** The row of one dead letter. Very many names are found out later, and the letter is cut after that, or the names would be lost. */
export function letterRowOf(topic: string, letter: DeadLetter, event: EventRef | undefined, salt: string): LetterRow {
  const named = hashesOf(letter, event !== undefined, salt)
  const toCut = named === undefined && isTooLarge(letter)
  const { key, value, headers, timestamp, code, message, remedy, identity, plugin, handler, type, size } = toCut
    ? letter
    : cutLetter(letter)
  const texts = Object.entries(headers).map(([name, text]) => [storable(name), storable(text)])
  const columns = {
    type,
    plugin,
    handler,
    code,
    message: storable(clipMessage(message)),
    remedy: remedy === undefined ? undefined : storable(clipMessage(remedy)),
    read_source: identity?.source,
    read_id: identity?.id,
    key: key && hex(key),
    value: value && hex(value),
    headers: JSON.stringify(Object.fromEntries(texts)),
    recorded_at: new Date(timestamp),
    size,
    to_cut: toCut,
    named: named && `{${[...named].join()}}`,
  }
  const followed = followedKey(event, letter)
  const keyName = followed === null ? undefined : keyHash(topic, followed, salt)
  return {
    columns: { ...columns, key_hash: keyName },
    key: keyName,
    bytes: 2 * ((key?.length ?? 0) + (value?.length ?? 0)) + 20 * (named?.size ?? 0),
  }
}

/** The hashes of all names in a letter; undefined where there are more than are found out at once. */
function hashesOf(letter: DeadLetter, isEvent: boolean, salt: string): ReadonlySet<string> | undefined {
  const named = new Set<string>()
  let count = 0
  for (const name of namesIn(letter, isEvent)) {
    if (++count > postgresLimits.LETTER_NAMES_AT_ONCE.most) return undefined
    named.add(nameHash(name, salt))
  }
  return named
}

/** Bytes as a statement has them. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
