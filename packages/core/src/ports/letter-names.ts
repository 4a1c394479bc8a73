import type { DeadLetter } from './dead-letter.ts'

/** The id of a person has at most 128 characters, each of one or two units: what is longer names no person. */
const LONGEST_NAME = 256

/** What is longer is searched without parsing it: what it becomes may be what ended the thread that decoded it. */
const LONGEST_PARSED = 1_048_576

/** A number, as it is written. */
const NUMBER = /-?\d[\d.eE+-]*/y
/** The end of a text that is a field's name. */
const COLON = /\s*:/y
/** An escape of JSON; JSON inside of JSON escapes the backslash too. */
const ESCAPE = /\\+(?:u([\da-fA-F]{4})|(["/\\]))/g

/**
 * Whatever in a dead letter may be the id of a person: every text and number of its record that is a value of JSON, also of JSON
 * inside of a text; every header; and of what could not be read as an event its key. Names may come more than once.
 */
export function* namesIn(
  { key, value, headers }: Pick<DeadLetter, 'key' | 'value' | 'headers'>,
  isEvent: boolean,
): Generator<string> {
  if (key !== null && !isEvent && key.length <= 3 * LONGEST_NAME) yield* short(textOf(key))
  for (const text of Object.values(headers)) yield* short(text)
  if (value !== null) yield* valuesIn(textOf(value))
}

const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

function* short(text: string): Generator<string> {
  if (text !== '' && text.length <= LONGEST_NAME) yield text
}

function* valuesIn(text: string): Generator<string> {
  yield* text.length <= LONGEST_PARSED && isJson(text) ? leavesOf(text) : quotedIn(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The texts and numbers of JSON that can be read; numbers as they are written, since a long one is no number to JavaScript. */
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

/** A text of JSON, and where it may hold JSON what that holds. */
function* textsIn(quoted: string): Generator<string> {
  const text: unknown = JSON.parse(quoted)
  if (typeof text !== 'string') return
  yield* short(text)
  if (/["[{]/.test(text)) yield* valuesIn(text)
}

/** Where a text of JSON that begins here has ended: behind its closing quote. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++
    else if (json[at] === '"') return at + 1
  }
  return json.length
}

/** Of what is no JSON, or was broken off: what stands between two quotes, without its escapes, and every number. */
function* quotedIn(text: string): Generator<string> {
  for (let from = 0; from <= text.length; ) {
    const quote = text.indexOf('"', from)
    const end = quote === -1 ? text.length : quote
    COLON.lastIndex = end + 1
    if (end - from <= 8 * LONGEST_NAME && !COLON.test(text)) yield* short(unescaped(text.slice(from, end)))
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
