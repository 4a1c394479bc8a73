import {
  type DateElement,
  type DateTimeSkeleton,
  isDateElement,
  isDateTimeSkeleton,
  type TimeElement,
} from '@formatjs/icu-messageformat-parser'
import { IntlMessageFormat } from 'intl-messageformat'
import { type DayStyle, dayStyles } from './time-texts.ts'

/** How a time, a range or a list is written. */
export type Style =
  | { readonly as: 'date'; readonly style: Intl.DateTimeFormatOptions }
  | { readonly as: 'moment' | 'range'; readonly style: DayStyle }
  | { readonly as: 'list' }

/** The kinds that ICU does not have. */
export const ownKinds: ReadonlySet<string> = new Set(['moment', 'range', 'list'])
/** Begins the style of a `date` that is of one of our kinds. */
export const OWN_KIND = '\u{e000}'

const NUMERIC_DATE: Intl.DateTimeFormatOptions = {}

/** Reads the style of a date, of a time, or of one of our kinds; `problem` is called with what is wrong with it. */
export function styleOf(element: DateElement | TimeElement, problem: (what: string) => void): Style {
  const { value: blank, style } = element
  if (typeof style === 'string' && style.startsWith(OWN_KIND)) return ownStyleOf(blank, style, problem)
  if (isDateTimeSkeleton(style)) {
    const options = skeletonOptions(style)
    tryOut(blank, () => new Intl.DateTimeFormat('en', options), problem)
    return { as: 'date', style: options }
  }
  const kind = isDateElement(element) ? 'date' : 'time'
  checkName(blank, kind, style, problem)
  const styles: Readonly<Record<string, Intl.DateTimeFormatOptions>> = IntlMessageFormat.formats[kind]
  const options = styles[typeof style === 'string' ? style : kind === 'time' ? 'medium' : '']
  return { as: 'date', style: options ?? NUMERIC_DATE }
}

/** Whether the hour is written. */
export const hasHour = (style: Style): boolean =>
  style.as === 'moment' || (style.as === 'date' && style.style.hour !== undefined)

/** Reports a style that does not exist: it would be ignored silently. */
export function checkName(
  blank: string,
  kind: 'number' | 'date' | 'time',
  style: unknown,
  problem: (what: string) => void,
): void {
  if (typeof style !== 'string') return
  const styles = Object.keys(IntlMessageFormat.formats[kind]).filter((candidate) => candidate !== 'currency')
  if (!styles.includes(style))
    problem(`uses {${blank}, ${kind}, ${style}}, but the styles are ${styles.join(', ')}, or a skeleton after ::`)
}

/** Reports what Intl refuses. */
export function tryOut(blank: string, format: () => unknown, problem: (what: string) => void): void {
  try {
    format()
  } catch (error) {
    problem(`uses an invalid form of {${blank}}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A kind of ours, as `parseText` has written it: the kind, and after a comma its style. */
function ownStyleOf(blank: string, written: string, problem: (what: string) => void): Style {
  const [kind, ...rest] = written
    .slice(OWN_KIND.length)
    .split(',')
    .map((part) => part.trim())
  const name = rest.join(', ')
  if (kind === 'list') {
    if (rest.length > 0) problem(`uses {${blank}, list, ${name}}, but a list has no styles`)
    return { as: 'list' }
  }
  const as = kind === 'range' ? 'range' : 'moment'
  const style = rest.length === 0 ? 'full' : dayStyles.find((one) => one === name)
  if (style === undefined) problem(`uses {${blank}, ${as}, ${name}}, but the styles are ${dayStyles.join(', ')}`)
  return { as, style: style ?? 'full' }
}

/** The options of a skeleton. `j` is the hour as the reader's locale has it, which the parser leaves out. */
function skeletonOptions({ pattern, parsedOptions }: DateTimeSkeleton): Intl.DateTimeFormatOptions {
  const hours = /j+/.exec(pattern)?.[0].length
  return hours === undefined ? parsedOptions : { ...parsedOptions, hour: hours === 1 ? 'numeric' : '2-digit' }
}
