import type { TextKind } from './text-problem.ts'

/** What no name and no text may have: deprecated format characters, marks of annotations, and what is not a character. */
const REFUSED = '\\u2028\\u2029\\u206a-\\u206f\\ufff9-\\ufffb\\ufdd0-\\ufdef\\ufffe\\uffff'
const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f'
const CONTROLS_OF_LINES = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f'
/** What opens and closes a direction of writing. */
const DIRECTIONS = '\\u202a-\\u202e\\u2066-\\u2069'
const INVISIBLE =
  ' \\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u202f\\u205f-\\u2065\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8'

/** A pattern that is matched in linear time: a character that is neither refused nor among `skipped`, and no refused one. */
const pattern = (refused: string, skipped: string): string => `^[${skipped}]*[^${skipped}${refused}][^${refused}]*$`

/**
 * Patterns for JSON Schema, which all languages can read: they have the characters of the basic plane. Whether directions are closed a
 * pattern cannot express: `textProblem` decides.
 */
export const patterns = {
  /** Printable characters, one of which is visible and not a dot. */
  id: pattern(`${CONTROLS}${DIRECTIONS}${REFUSED}`, `.${INVISIBLE}`),
  /** One line with something to see. */
  line: pattern(`${CONTROLS}${REFUSED}`, `${INVISIBLE}${DIRECTIONS}`),
  /** Lines with something to see. */
  lines: pattern(`${CONTROLS_OF_LINES}${REFUSED}`, `\\t\\n\\r${INVISIBLE}${DIRECTIONS}`),
  email: `^[^\\s@${CONTROLS}${REFUSED}]+@[^\\s@${CONTROLS}${REFUSED}]+$`,
} as const

/** The kinds of the patterns whose strings people read. */
export const textKinds: ReadonlyMap<string, TextKind> = new Map([
  [patterns.line, 'line'],
  [patterns.lines, 'lines'],
  [patterns.email, 'line'],
])

// JSON.stringify escapes the control characters below U+0020, but not these.
const unescapedByJson =
  /[\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Noncharacter_Code_Point}\u{e0000}-\u{e007f}]/gu

/** Returns a text in double quotes, as JSON, with every character escaped that is not printable or changes the order of others: `"a\u0085b"`. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(unescapedByJson, (one) =>
    [...Array(one.length).keys()].map((at) => escaped(one, at)).join(''),
  )

const escaped = (text: string, at: number): string => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
