/** The direction of a text: of its first letter that has one. */
export type Direction = 'left to right' | 'right to left'

// Unicode keeps these ranges for scripts that are written from right to left.
const RIGHT_TO_LEFT =
  /[[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]&&\p{L}]|[\u200f\u061c]/v
const LEFT_TO_RIGHT = /[\p{L}--[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]]|\u200e/v
// These set a direction for a part of a value. They are closed in the value, but digits that follow it are reordered with that part.
const SETS_RIGHT_TO_LEFT = /[\u202b\u202e]/
const SETS_LEFT_TO_RIGHT = /[\u202a\u202d]/
const FIRST_STRONG_ISOLATE = '\u2068'
const POP_DIRECTIONAL_ISOLATE = '\u2069'

/** The direction of a text; undefined where it has no letter. */
export function directionOf(text: string): Direction | undefined {
  const [right, left] = [text.search(RIGHT_TO_LEFT), text.search(LEFT_TO_RIGHT)]
  if (right === -1) return left === -1 ? undefined : 'left to right'
  return left === -1 || right < left ? 'right to left' : 'left to right'
}

/**
 * Returns a value as it is shown within a text of this direction. Where it has letters of the other direction, or sets that direction,
 * it is isolated, so that it does not reorder what stands beside it.
 */
export function isolate(value: string, direction: Direction): string {
  const [letters, sets] =
    direction === 'left to right' ? [RIGHT_TO_LEFT, SETS_RIGHT_TO_LEFT] : [LEFT_TO_RIGHT, SETS_LEFT_TO_RIGHT]
  return letters.test(value) || sets.test(value) ? `${FIRST_STRONG_ISOLATE}${value}${POP_DIRECTIONAL_ISOLATE}` : value
}
