import { shown, textProblem, unstorable } from '@belfry/contracts/check'
import { ID_EXPECTED, isId } from '@belfry/contracts/fields'
import { coreLimits } from '../limits.ts'
import type { To } from './define-plugin.ts'
import type { Profile, Recipients } from './effects.ts'

/** Notes a problem, which makes the effect invalid. */
export type Findings = (path: string, message: string) => void

/** In characters. With its person and reason, the longest name of an audience fits into one row of a Postgres index, at four bytes a character. */
const MAX_AUDIENCE_LENGTH = 256

const earliest = Date.parse('0001-01-01T00:00:00Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

/** A string that Postgres accepts (no NUL, no lone surrogate), of 1 to `most` characters. A text for a blank may be empty. */
export function boundedString(value: unknown, path: string, most: number, findings: Findings): string {
  if (typeof value !== 'string') findings(path, `is ${shown(value)}, expected a string`)
  else if (value.length > most && (value.length > 2 * most || charactersOf(value) > most))
    findings(path, `has ${lengthOf(value)} characters, expected at most ${most}`)
  else if (value === '' && !path.startsWith('parameters.')) findings(path, 'is empty')
  else if (value.includes('\0') || !value.isWellFormed())
    findings(path, 'contains NUL or half of a surrogate pair, which the store cannot keep')
  else return value
  return ''
}

/** A text that people can read as it is written, by the rule of the contracts. A text for a blank may be empty. */
export function textString(
  value: unknown,
  path: string,
  most: number,
  kind: 'line' | 'lines',
  findings: Findings,
): string {
  const text = boundedString(value, path, most, findings)
  const problem = text === '' ? undefined : textProblem(text, kind)
  if (problem === undefined) return text
  findings(path, problem)
  return ''
}

/** Characters as the contracts count them: an emoji outside the basic plane is one, although JavaScript counts two. */
const charactersOf = (text: string): number => Array.from(text).length

/** A length in words. The characters of a very long text are not counted, because that costs too much. */
const lengthOf = (text: string): string =>
  text.length > MAX_COUNTED_LENGTH ? `more than ${MAX_COUNTED_LENGTH / 2}` : `${charactersOf(text)}`
const MAX_COUNTED_LENGTH = 100_000

/** The id of a person, as contracts and tokens take it. */
export function personId(value: unknown, path: string, findings: Findings): string {
  if (typeof value === 'string' && isId(value)) return value
  // A string within these bounds is invalid only because of its characters.
  if (boundedString(value, path, 128, findings) !== '') findings(path, `is ${shown(value)}, expected ${ID_EXPECTED}`)
  return ''
}

/** An RFC 3339 time that is a moment between the years 1 and 9999. */
export function timeString(value: unknown, path: string, findings: Findings): string {
  if (typeof value === 'string' && value.length <= 64) {
    const moment = Date.parse(value)
    if (moment >= earliest && moment <= latest) return value
  }
  findings(path, `is ${shown(value)}, expected an RFC 3339 time`)
  return ''
}

/** JSON of at most `most` characters that every store accepts; returns the value that it parses to. */
export function boundedJson(
  value: unknown,
  path: string,
  most: number,
  findings: Findings,
): Readonly<Record<string, unknown>> {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // Falls through: JSON has no cycles and no bigint.
  }
  if (text !== undefined && text.length > most) {
    findings(path, `is ${text.length} characters of JSON, expected at most ${most}`)
    return {}
  }
  const plain: unknown = text === undefined ? undefined : JSON.parse(text)
  if (text === undefined || typeof plain !== 'object' || plain === null || Array.isArray(plain))
    findings(path, 'is not an object that JSON can represent')
  else {
    const problems = unstorable(plain, path)
    if (problems.length === 0) return { ...plain }
    for (const { path: place, message } of problems) findings(place, message)
  }
  return {}
}

/** The name of an audience, from its builder's value. */
export function audienceName(value: unknown, findings: Findings): string {
  if (typeof value === 'object' && value !== null && 'audience' in value)
    return boundedString(value.audience, 'audience', MAX_AUDIENCE_LENGTH, findings)
  findings('audience', `is ${shown(value)}, expected an audience, such as bookersOf(resourceId)`)
  return ''
}

/** Separates people and audiences, each without repeats, in the order in which they were named. */
export function recipientsOf(to: To, path: string, findings: Findings): Recipients {
  const people = new Set<string>()
  const audiences = new Set<string>()
  const add = (one: To, depth: number): void => {
    if (one === undefined || one === null || one === false) return
    if (typeof one === 'string') people.add(personId(one, path, findings))
    else if (isList(one)) {
      if (depth > 8) findings(path, 'is nested more than eight lists deep')
      else for (const inner of one) add(inner, depth + 1)
    } else audiences.add(audienceName(one, findings))
  }
  add(to, 0)
  const { most } = coreLimits.EFFECT_PEOPLE
  if (people.size > most) findings(path, `names ${people.size} people, expected at most ${most}: make them an audience`)
  return { people: [...people], audiences: [...audiences] }
}

const isList = (to: object): to is readonly To[] => Array.isArray(to)

/** A profile whose locale and time zone `Intl` supports. */
export function profileOf(value: unknown, findings: Findings): Profile {
  if (typeof value !== 'object' || value === null) {
    findings('profile', `is ${shown(value)}, expected { name, locale, timeZone, roles }`)
    return {}
  }
  const { name, locale, timeZone, roles }: Readonly<Record<string, unknown>> = { ...value }
  return {
    ...(name !== undefined && { name: boundedString(name, 'name', 200, findings) }),
    ...(locale !== undefined && {
      // In the canonical form, as translations are named: a tag may be written in any case.
      locale: known(
        locale,
        'locale',
        'a BCP 47 tag, such as en-GB',
        findings,
        (tag) => Intl.getCanonicalLocales(tag)[0],
      ),
    }),
    ...(timeZone !== undefined && {
      timeZone: known(timeZone, 'timeZone', 'an IANA name, such as Europe/Berlin', findings, (zone) => {
        new Intl.DateTimeFormat('en', { timeZone: zone })
        return zone
      }),
    }),
    ...(roles !== undefined && { roles: rolesOf(roles, findings) }),
  }
}

/** The canonical form of a name; `canonical` throws if Intl does not support it. */
function known(
  value: unknown,
  path: string,
  expected: string,
  findings: Findings,
  canonical: (value: string) => string | undefined,
): string {
  const text = boundedString(value, path, 128, findings)
  const before = accepted.get(`${path} ${text}`)
  if (text === '' || before !== undefined) return before ?? text
  try {
    const name = canonical(text) ?? text
    // People choose these names, so their number is limited.
    if (accepted.size >= MAX_KEPT_NAMES) accepted.clear()
    accepted.set(`${path} ${text}`, name)
    return name
  } catch {
    findings(path, `is ${shown(value)}, expected ${expected}`)
  }
  return text
}

/** Names that Intl has accepted before, with their canonical forms: Intl costs more than the rest of a profile. */
const accepted = new Map<string, string>()
const MAX_KEPT_NAMES = 5_000

function rolesOf(value: unknown, findings: Findings): readonly string[] {
  if (Array.isArray(value)) return value.map((role: unknown) => boundedString(role, 'roles', 200, findings))
  findings('roles', `is ${shown(value)}, expected a list of roles`)
  return []
}
