import { shown } from '../check/shown.ts'

/** The value of a header, or why it cannot be decoded. */
export type DecodedHeader = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly why: string }

/** Text in double quotes, as RFC 7230 (3.2.6) has it: a backslash escapes the character that follows it. */
const QUOTED = /^"(?:[^"\\]|\\.)*"$/su

/** Decodes the value of a `ce-` header as the HTTP binding of CloudEvents has it: first the quotes, then one round of percent-decoding. */
export function decodeHeader(value: string): DecodedHeader {
  let text = value
  if (value.startsWith('"')) {
    if (!QUOTED.test(value))
      return { ok: false, why: `is ${shown(value)}, which begins with a quote that does not end it` }
    text = value.slice(1, -1).replace(/\\(.)/gsu, '$1')
  }
  if (!text.includes('%')) return { ok: true, value: text }
  try {
    return { ok: true, value: decodeURIComponent(text) }
  } catch {
    return { ok: false, why: `is ${shown(value)}, which is not percent-encoded UTF-8 (a percent sign itself is %25)` }
  }
}
