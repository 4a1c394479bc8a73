/**
 * The class of printable characters, as a part of a pattern of JSON Schema: all but the control characters (U+0000–1F, U+007F–9F) and the
 * two separators that end a line (U+2028, U+2029).
 */
export const PRINTABLE_CHARACTER = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]'

const printable = new RegExp(`^${PRINTABLE_CHARACTER}*$`)
// JSON escapes the control characters below U+0020, and leaves these as they are.
const unescapedByJson = /[\u007f-\u009f\u2028\u2029]/g

/** Returns whether every character of a text is printable. */
export const isPrintable = (text: string): boolean => printable.test(text)

/** A text in double quotes, as JSON; characters that are not printable are escaped: `"a\u0085b"`. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(unescapedByJson, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
