import { isBlank, shown } from '@belfry/contracts/check'
import { coreLimits } from '../limits.ts'
import { listParameter, MAX_SHOWN_ITEMS } from '../texts/list-texts.ts'
import { createReaders } from '../texts/readers.ts'
import type { BlankKind, Text } from '../texts/text.ts'
import { boundedString, type Findings, textString, timeString } from './effect-values.ts'
import type { Parameters } from './effects.ts'

/** What the parameters of a message must fill: its blanks by their kinds. */
export interface ParametersForm {
  readonly blanks: ReadonlyMap<string, BlankKind>
  /** Those that are in the title of any language: their texts have one line. */
  readonly inTitles: ReadonlySet<string>
  /** By locale; English is `en`. */
  readonly titles: ReadonlyMap<string, Text>
}

/** Fills titles that may be blank, to find out whether they are. */
const readerOf = createReaders()

/** The values that fill the blanks of a message. Its title must be seen with them, in every language. */
export function parametersOf(
  given: unknown,
  { blanks, inTitles, titles }: ParametersForm,
  findings: Findings,
): Parameters {
  const values: Record<string, string | number> = {}
  const parameters: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {}
  let isValid = true
  const note: Findings = (path, message) => {
    isValid = false
    findings(path, message)
  }
  for (const [name, kind] of blanks)
    values[name] = parameterOf(parameters[name], `parameters.${name}`, kind, inTitles.has(name), note)
  if (isValid)
    for (const [locale, title] of titles)
      if (title.seen !== 'always' && isBlank(readerOf(locale, undefined).fill(title, values)))
        findings('the title', `has nothing that can be seen${locale === 'en' ? '' : ` in ${locale}`}`)
  return values
}

function parameterOf(
  value: unknown,
  path: string,
  kind: BlankKind,
  inTitle: boolean,
  findings: Findings,
): string | number {
  if (value === undefined) findings(path, 'is missing')
  else if (kind === 'time') return shownTime(value, path, findings)
  else if (kind === 'range') return rangeString(value, path, findings)
  else if (kind === 'list') return listString(value, path, findings)
  else if (kind === 'text')
    return textString(value, path, coreLimits.EFFECT_TEXT.most, inTitle ? 'line' : 'lines', findings)
  else if (typeof value === 'number' && Number.isFinite(value)) return value
  else findings(path, `is ${shown(value)}, expected a finite number`)
  return ''
}

/** A time that a text shows. Without an offset, Date would read it in the zone of this process. */
function shownTime(value: unknown, path: string, findings: Findings): string {
  if (typeof value !== 'string' || hasOffset.test(value)) return timeString(value, path, findings)
  findings(path, `is ${shown(value)}, expected an RFC 3339 time`)
  return ''
}

/** A date alone is in UTC, as it is for Date. */
const hasOffset = /(?:[Zz]|[+-]\d\d:?\d\d|^\d{4}-\d\d-\d\d)$/

/** The parameter of two times, of which the first is not after the second: ISO 8601 has `/` between them. */
function rangeString(value: unknown, path: string, findings: Findings): string {
  if (typeof value !== 'object' || value === null) {
    findings(path, `is ${shown(value)}, expected { start, end }`)
    return ''
  }
  const { start, end }: Readonly<Record<string, unknown>> = { ...value }
  const [from, to] = [shownTime(start, `${path}.start`, findings), shownTime(end, `${path}.end`, findings)]
  if (from === '' || to === '') return ''
  if (Date.parse(to) < Date.parse(from)) findings(path, `ends at ${shown(to)}, before it starts at ${shown(from)}`)
  return `${withoutSlash(from)}/${withoutSlash(to)}`
}

/** What Date can parse may have a `/`. */
const withoutSlash = (time: string): string => (time.includes('/') ? new Date(time).toISOString() : time)

/** The parameter of a list of texts. Only what is shown of it is kept. */
function listString(value: unknown, path: string, findings: Findings): string {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    findings(path, `is ${shown(value)}, expected a list of strings`)
    return ''
  }
  for (const [index, item] of value.slice(0, MAX_SHOWN_ITEMS).entries())
    textString(item, `${path}.${index}`, coreLimits.EFFECT_TEXT.most, 'line', findings)
  return boundedString(listParameter(value), path, coreLimits.EFFECT_TEXT.most, findings)
}
