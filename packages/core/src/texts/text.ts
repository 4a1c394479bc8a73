import { isBlank, shown, textProblem } from '@belfry/contracts/check'
import { type MessageFormatElement, parse } from '@formatjs/icu-messageformat-parser'
import { type Seen, seenOf } from './is-seen.ts'
import { type Direction, directionOf } from './isolate.ts'
import { type Place, Places } from './text-places.ts'
import { OWN_KIND, ownKinds } from './time-styles.ts'

/** What fills a blank of a text: a string, a finite number, an RFC 3339 time, a range of two times, or a list of strings. */
export type BlankKind = 'text' | 'number' | 'time' | 'range' | 'list'

/** A text in ICU MessageFormat, parsed once. */
export interface Text {
  readonly elements: MessageFormatElement[]
  readonly blanks: ReadonlyMap<string, BlankKind>
  /** What is written in each place that is not a number, by the name that it has in `elements`. */
  readonly places: Readonly<Record<string, Place>>
  readonly seen: Seen
  /** Absent where the text is what fills its only blank. */
  readonly direction?: Direction
}

/**
 * Parses a text, and returns every reason why rendering it could fail or mislead: a syntax error, a style that does not exist (it would be
 * ignored silently), a blank that is used as two kinds.
 */
export function parseText(source: string): { readonly text: Text; readonly problems: readonly string[] } {
  const places = new Places()
  let elements: MessageFormatElement[] = []
  try {
    elements = places.take(parseOwnKinds(source))
    const problem = isBlank(places.literals) ? undefined : textProblem(places.literals, 'lines')
    if (problem !== undefined) places.problems.push(problem)
  } catch (error) {
    places.problems.push(`cannot be read: ${sentences.get(messageOf(error)) ?? messageOf(error)}`)
  }
  const { blanks, byName, literals, problems } = places
  // Without a letter of its own its direction is that of English.
  const direction = directionOf(literals) ?? (elements.length > 1 ? 'left to right' : undefined)
  return {
    text: {
      elements,
      blanks,
      places: byName,
      seen: seenOf({ elements, places: byName }),
      ...(direction !== undefined && { direction }),
    },
    problems,
  }
}

const sentences = new Map([
  ['EXPECT_ARGUMENT_CLOSING_BRACE', 'a { is never closed'],
  ['EMPTY_ARGUMENT', 'an argument has no name: {}'],
  ['MALFORMED_ARGUMENT', 'an argument is not a name, or a name with a type: {name}, {name, number}'],
  ['EXPECT_ARGUMENT_TYPE', 'an argument has a comma without a type: {name,}'],
  ['EXPECT_ARGUMENT_STYLE', 'an argument has a comma without a style: {name, number,}'],
  ['MISSING_OTHER_CLAUSE', 'a plural or select has no "other"'],
  ['EXPECT_SELECT_ARGUMENT_OPTIONS', 'a plural or select has no options'],
])

/** The parser refuses the types that ICU does not have, and reports their place; ours are then parsed as styles of `date`. */
function parseOwnKinds(source: string): MessageFormatElement[] {
  try {
    // Texts have no tags: a `<` is a character.
    return parse(source, { ignoreTag: true })
  } catch (error) {
    const place = placeOf(error)
    if (place === undefined || messageOf(error) !== 'INVALID_ARGUMENT_TYPE') throw error
    const kind = source.slice(place.from, place.to)
    if (!ownKinds.has(kind))
      throw new Error(
        `${shown(kind)} is not a type, expected number, date, time, moment, range, list, plural, selectordinal or select`,
        { cause: error },
      )
    return parseOwnKinds(`${source.slice(0, place.from)}date, ${OWN_KIND}${kind}${source.slice(place.to)}`)
  }
}

function placeOf(error: unknown): { readonly from: number; readonly to: number } | undefined {
  if (!isObject(error) || !isObject(error.location)) return undefined
  const { start, end } = error.location
  if (!isObject(start) || !isObject(end)) return undefined
  const [from, to] = [start.offset, end.offset]
  return typeof from === 'number' && typeof to === 'number' ? { from, to } : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
