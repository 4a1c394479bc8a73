import {
  isArgumentElement,
  isDateElement,
  isDateTimeSkeleton,
  isNumberElement,
  isNumberSkeleton,
  isPluralElement,
  isSelectElement,
  isTagElement,
  isTimeElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser'
import { IntlMessageFormat } from 'intl-messageformat'

/** What fills a blank of a text: a string, a finite number, or an RFC 3339 time. */
export type BlankKind = 'text' | 'number' | 'time'

/** A text in ICU MessageFormat, parsed once. */
export interface Text {
  readonly elements: MessageFormatElement[]
  readonly blanks: ReadonlyMap<string, BlankKind>
}

/**
 * Parses a text, and returns every reason why rendering it could fail or mislead: a syntax error, a style that does not exist (it would be
 * ignored silently), a blank that is used as two kinds.
 */
export function parseText(source: string): { readonly text: Text; readonly problems: readonly string[] } {
  const blanks = new Map<string, BlankKind>()
  const problems: string[] = []
  let elements: MessageFormatElement[] = []
  try {
    // Texts have no tags: a `<` is a character.
    elements = parse(source, { ignoreTag: true })
  } catch (error) {
    problems.push(`cannot be read: ${sentences.get(messageOf(error)) ?? messageOf(error)}`)
  }
  collect(elements, blanks, problems)
  return { text: { elements, blanks }, problems }
}

const sentences = new Map([
  ['EXPECT_ARGUMENT_CLOSING_BRACE', 'a { is never closed'],
  ['EMPTY_ARGUMENT', 'an argument has no name: {}'],
  [
    'INVALID_ARGUMENT_TYPE',
    'an argument has an unknown type, expected number, date, time, plural, selectordinal or select',
  ],
  ['MISSING_OTHER_CLAUSE', 'a plural or select has no "other"'],
  ['EXPECT_SELECT_ARGUMENT_OPTIONS', 'a plural or select has no options'],
])

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function collect(elements: readonly MessageFormatElement[], blanks: Map<string, BlankKind>, problems: string[]): void {
  const blank = (name: string, kind: BlankKind) => {
    const other = blanks.get(name)
    if (other !== undefined && other !== kind) problems.push(`uses {${name}} both as ${other} and as ${kind}`)
    blanks.set(name, kind)
  }
  for (const element of elements) {
    if (isArgumentElement(element)) blank(element.value, 'text')
    else if (isNumberElement(element)) {
      blank(element.value, 'number')
      const { style } = element
      if (isNumberSkeleton(style))
        tryOut(
          () => new Intl.NumberFormat('en', style.parsedOptions as Intl.NumberFormatOptions),
          element.value,
          problems,
        )
      else known(style, 'number', element.value, problems)
    } else if (isDateElement(element) || isTimeElement(element)) {
      blank(element.value, 'time')
      const { style } = element
      if (isDateTimeSkeleton(style))
        tryOut(() => new Intl.DateTimeFormat('en', style.parsedOptions), element.value, problems)
      else known(style, isDateElement(element) ? 'date' : 'time', element.value, problems)
    } else if (isPluralElement(element) || isSelectElement(element)) {
      blank(element.value, isPluralElement(element) ? 'number' : 'text')
      for (const option of Object.values(element.options)) collect(option.value, blanks, problems)
    } else if (isTagElement(element)) collect(element.children, blanks, problems)
  }
}

function known(style: unknown, kind: 'number' | 'date' | 'time', name: string, problems: string[]): void {
  if (typeof style !== 'string') return
  const styles = Object.keys(IntlMessageFormat.formats[kind]).filter((candidate) => candidate !== 'currency')
  if (!styles.includes(style))
    problems.push(`uses {${name}, ${kind}, ${style}}, but the styles are ${styles.join(', ')}, or a skeleton after ::`)
}

function tryOut(format: () => unknown, name: string, problems: string[]): void {
  try {
    format()
  } catch (error) {
    problems.push(`uses an invalid form of {${name}}: ${messageOf(error)}`)
  }
}
