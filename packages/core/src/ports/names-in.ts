import { isJson } from '@belfry/contracts/check'
import type { DeadLetter } from './dead-letter.ts'

/** In UTF-16 units. The id of a person has at most 128 characters of one or two units each: longer texts name no person. */
const MAX_NAME_LENGTH = 256

/** Longer keys are of something else than people, also as JSON with a schema. */
const MAX_KEY_BYTES = 8 * MAX_NAME_LENGTH
/** The length of the frame that the serializers of a schema registry write: a zero and the four bytes of the schema's id. */
export const FRAME_BYTES = 5

/** In UTF-16 units. Longer texts are searched without parsing them: the parsed value may be what ended the thread that decoded it. */
const MAX_PARSED_LENGTH = 1_048_576

/** A number, as it is written. */
const NUMBER = /-?\d[\d.eE+-]*/y
/** The end of a text that is a field's name. */
const COLON = /\s*:/y
/** An escape of JSON; JSON inside of JSON escapes the backslash too. */
const ESCAPE = /\\+(?:u([\da-fA-F]{4})|(["/\\]))/g

/** The beginning of JSON in Base64, and all of it. */
const BASE64_OF_JSON = /^\s*(?:ey[AJ]|ew[0o]|W[3y])/
const BASE64 = /^[\w+/=\s]*$/

/**
 * Everything in a dead letter that may be the id of a person: every text and number that is a value in its JSON, or in JSON inside a text or
 * in Base64; every header, also without quotes and percent-encoding; and, if the record could not be decoded as an event, its key, also as
 * JSON and without the frame of a schema registry. A name may occur more than once.
 */
export function* namesIn(
  { key, value, headers }: Pick<DeadLetter, 'key' | 'value' | 'headers'>,
  isEvent: boolean,
): Generator<string> {
  if (key !== null && !isEvent && key.length <= MAX_KEY_BYTES) yield* inKey(key)
  for (const text of Object.values(headers)) yield* inHeader(text)
  if (value !== null) yield* valuesIn(textOf(value))
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

function* inKey(key: Uint8Array): Generator<string> {
  yield* short(textOf(key))
  yield* valuesIn(textOf(key[0] === 0 ? key.subarray(FRAME_BYTES) : key))
}

function* inHeader(text: string): Generator<string> {
  yield* short(text)
  if (text.length > 8 * MAX_NAME_LENGTH) return
  const unquoted = text.startsWith('"') ? unescaped(text.slice(1, -1)) : text
  if (unquoted !== text) yield* short(unquoted)
  if (!text.includes('%')) return
  try {
    yield* short(decodeURIComponent(unquoted))
  } catch {
    // It is not percent-encoded.
  }
}

function* short(text: string): Generator<string> {
  if (text !== '' && text.length <= MAX_NAME_LENGTH) yield text
}

function* valuesIn(text: string): Generator<string> {
  if (isBase64(text)) yield* valuesIn(Buffer.from(text, 'base64').toString())
  yield* text.length <= MAX_PARSED_LENGTH && isJson(text) ? leavesOf(text) : quotedIn(text)
}

const isBase64 = (text: string): boolean => BASE64_OF_JSON.test(text) && BASE64.test(text)

/** The texts and numbers of valid JSON. Numbers are returned as they are written, because JavaScript cannot represent long ones. */
function* leavesOf(json: string): Generator<string> {
  for (let at = 0; at < json.length; ) {
    const character = json[at]
    if (character === '"') {
      const end = endOfText(json, at)
      if (!matchesAt(COLON, json, end)) yield* textsIn(json.slice(at, end))
      at = end
    } else if (isOfNumber(character) && matchesAt(NUMBER, json, at)) {
      yield* short(json.slice(at, NUMBER.lastIndex))
      at = NUMBER.lastIndex
    } else at++
  }
}

/** A text of JSON, and the values in it if it may be JSON itself. */
function* textsIn(quoted: string): Generator<string> {
  const text: unknown = JSON.parse(quoted)
  if (typeof text !== 'string') return
  yield* short(text)
  if (/["[{]/.test(text) || isBase64(text)) yield* valuesIn(text)
}

/** The index after the closing quote of the JSON text that begins here. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++
    else if (json[at] === '"') return at + 1
  }
  return json.length
}

/** From invalid or truncated JSON: everything between two quotes, without its escapes, and every number. */
function* quotedIn(text: string): Generator<string> {
  for (let from = 0; from <= text.length; ) {
    const quote = text.indexOf('"', from)
    const end = quote === -1 ? text.length : quote
    COLON.lastIndex = end + 1
    if (end - from <= 8 * MAX_NAME_LENGTH && !COLON.test(text)) yield* short(unescaped(text.slice(from, end)))
    from = end + 1
  }
  for (const [number] of text.matchAll(/(?<![\w.])-?\d[\d.eE+-]*/g)) yield* short(number)
}

function unescaped(text: string): string {
  let end = text.length
  // Before a quote that is escaped itself.
  while (text[end - 1] === '\\') end--
  return text
    .slice(0, end)
    .replace(ESCAPE, (_, unit: string | undefined, character: string | undefined) =>
      unit === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(unit, 16)),
    )
}

const isOfNumber = (character: string | undefined): boolean =>
  character === '-' || (character !== undefined && character >= '0' && character <= '9')

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at
  return pattern.test(text)
}
