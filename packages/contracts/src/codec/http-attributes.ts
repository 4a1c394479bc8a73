import { ProblemList } from '../check/problem-list.ts'
import { shown } from '../check/shown.ts'
import type { Problem } from '../errors.ts'
import { bytesOfBinary } from './base64.ts'

/** Headers by name; a list for a header that came several times. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The attributes in `ce-` headers. */
export interface HttpAttributes {
  readonly attribute: (name: string) => string | undefined
  /** Headers that cannot be decoded, or came several times. */
  readonly problems: readonly Problem[]
}

/**
 * Reads the attributes of an event in binary mode, as the HTTP binding of CloudEvents has it: headers are unquoted, and then
 * percent-decoded once.
 * @param text whether the values are text already, and not one character for each byte, as Node has them
 */
export function attributesOfHttp(headers: Headers, { text }: { readonly text: boolean }): HttpAttributes {
  const values = new Map<string, string>()
  const found = new ProblemList()
  for (const [header, given] of Object.entries(headers)) {
    const name = header.toLowerCase()
    if (given === undefined || !name.startsWith('ce-')) continue
    if (typeof given !== 'string' && given.length > 1)
      found.add(`/${name}`, () => `comes ${given.length} times, expected once`)
    const decoded = decodeValue((typeof given === 'string' ? given : given[0]) ?? '', text)
    if ('value' in decoded) values.set(name.slice('ce-'.length), decoded.value)
    else found.add(`/${name}`, () => decoded.problem)
  }
  return { attribute: (name) => values.get(name), problems: found.problems }
}

type DecodedValue = { readonly value: string } | { readonly problem: string }

/** Text in double quotes, as RFC 7230 (3.2.6) has it: a backslash escapes the character that follows it. */
const QUOTED = /^"(?:[^"\\]|\\.)*"$/su
const NOT_ASCII = /[^\p{ASCII}]/u
const C1_CONTROL = /[\x80-\x9f]/
const NOT_A_BYTE = /[\u{100}-\u{10ffff}]/u
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Longer than the longest attribute in any encoding. What is longer is not decoded: its length is what is wrong with it. */
const MAX_ENCODED_CHARACTERS = 16_384

function decodeValue(given: string, isText: boolean): DecodedValue {
  if (given.length > MAX_ENCODED_CHARACTERS) return { value: given }
  let value = given
  if (!isText && NOT_ASCII.test(given) && !NOT_A_BYTE.test(given)) {
    try {
      value = utf8.decode(bytesOfBinary(given))
    } catch {
      // fetch, and the clients of Python, write headers in Latin-1; in it, these bytes are control characters.
      if (C1_CONTROL.test(given)) return { problem: `is ${shown(given)}, whose bytes are neither UTF-8 nor Latin-1` }
    }
  }
  if (value.startsWith('"')) {
    if (!QUOTED.test(value))
      return { problem: `is ${shown(value)}, which begins with a quote and does not end with it` }
    value = value.slice(1, -1).replace(/\\(.)/gsu, '$1')
  }
  if (!value.includes('%')) return { value }
  try {
    return { value: decodeURIComponent(value) }
  } catch {
    return { problem: `is ${shown(value)}, which is not percent-encoded UTF-8 (the percent sign itself is %25)` }
  }
}
