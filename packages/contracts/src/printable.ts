/**
 * A character class for patterns of JSON Schema: every character except the control characters (U+0000–1F, U+007F–9F) and the line and
 * paragraph separators (U+2028, U+2029).
 */
export const PRINTABLE_CHARACTER = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]'

const printable = new RegExp(`^${PRINTABLE_CHARACTER}*$`)
// JSON.stringify escapes the control characters below U+0020, but not these.
const unescapedByJson = /[\u007f-\u009f\u2028\u2029]/g

/** Returns whether every character of a text is printable. */
export const isPrintable = (text: string): boolean => printable.test(text)

/** Returns a text in double quotes, as JSON, with every character that is not printable escaped: `"a\u0085b"`. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(unescapedByJson, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
