import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import type { DeadLetter } from './dead-letter.ts'

const bytesOf = (text: string): number => Buffer.byteLength(text)

/** The bytes of a dead letter's record: key, value, and names and texts of headers. */
export const sizeOf = ({ key, value, headers }: Pick<DeadLetter, 'key' | 'value' | 'headers'>): number =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + bytesOf(name) + bytesOf(text),
    (key?.length ?? 0) + (value?.length ?? 0),
  )

/** Codes of dead letters that have no plugin and can be retried: their whole records are kept. */
const WHOLE: readonly string[] = [coreErrors.RECORD_BLOCKED.code, coreErrors.EVENT_REFUSED.code]

/** Whether the record could not be decoded, and is larger than what is kept of such a record. */
export const isTooLarge = (letter: DeadLetter): boolean =>
  letter.plugin === undefined && !WHOLE.includes(letter.code) && sizeOf(letter) > coreLimits.LETTER_BYTES.most

/** The dead letter as it is kept: a record that could not be decoded is cut to its beginning, with its size in bytes. */
export function cutLetter(letter: DeadLetter): DeadLetter {
  if (!isTooLarge(letter)) return letter
  let room: number = coreLimits.LETTER_BYTES.most
  const cut = (bytes: Uint8Array | null): Uint8Array | null => {
    const begin = bytes === null ? null : bytes.slice(0, room)
    room -= begin?.length ?? 0
    return begin
  }
  const key = cut(letter.key)
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(letter.headers)) {
    room -= bytesOf(name) + bytesOf(text)
    if (room < 0) break
    headers[name] = text
  }
  room = Math.max(0, room)
  return { ...letter, key, headers, value: cut(letter.value), size: letter.size ?? sizeOf(letter) }
}

/** The sentence of a dead letter as it is kept. */
export function clipMessage(message: string): string {
  const { most } = coreLimits.LETTER_MESSAGE
  return message.length <= most ? message : `${message.slice(0, most - 1).toWellFormed()}…`
}

/** The key of a dead letter in a list: its beginning as text, or undefined if it is not UTF-8. The bytes after the limit may be left out, but for one. */
export function shownKey(key: Uint8Array | null): string | undefined {
  if (key === null) return undefined
  const { most } = coreLimits.LETTER_KEY_SHOWN
  const isCut = key.length > most
  try {
    // The last character may be incomplete where it is cut.
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return `${utf8.decode(key.subarray(0, most), { stream: isCut })}${isCut ? '…' : ''}`
  } catch {
    return undefined
  }
}
