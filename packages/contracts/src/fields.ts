import Type, { type TUnsafe } from 'typebox'
import './date-time.ts'
import { eventLimits } from './event-limits.ts'
import { isLink, LINK_EXPECTED } from './link.ts'
import { patterns } from './printable.ts'
import { textProblem } from './text-problem.ts'

declare const flavor: unique symbol
/** A string with a flavor: a plain string is assignable to it, a string of another flavor is not. */
export type Flavored<Flavor extends string> = string & { readonly [flavor]?: Flavor | undefined }

/** The id of a person. */
export type UserId = Flavored<'user'>
export type ResourceId = Flavored<'resource'>
export type BookingId = Flavored<'booking'>
export type WaitlistId = Flavored<'waitlist'>
export type ConflictId = Flavored<'conflict'>
export type RequestId = Flavored<'request'>
/** RFC 3339 with an offset. */
export type Time = Flavored<'time'>
/** A BCP 47 tag that `Intl` supports. */
export type Locale = Flavored<'locale'>
/** An IANA name. */
export type TimeZone = Flavored<'time zone'>

/** An emoji, which is two characters in JavaScript, counts as one. */
const MAX_ID_CHARACTERS = 128

/** The description of a valid id, for problems. An id of only dots would be resolved away in a path. */
export const ID_EXPECTED = `an id of 1 to ${MAX_ID_CHARACTERS} printable characters, not only dots`

/** An id stands in texts in place of a name that is absent, so it must be readable. The pattern cannot express all of that. */
const id = <Flavor extends string>(): TUnsafe<Flavored<Flavor>> =>
  Type.Unsafe<Flavored<Flavor>>(
    Type.Refine(
      Type.String({ minLength: 1, maxLength: MAX_ID_CHARACTERS, pattern: patterns.id, description: ID_EXPECTED }),
      (text) => textProblem(text, 'line') === undefined,
      () => 'is not an id',
    ),
  )

const idPattern = new RegExp(patterns.id, 'u')

/**
 * Returns whether a text is a valid id: 1 to 128 printable characters, without half of a surrogate pair and without control of direction,
 * and at least one of them visible and not a dot.
 */
export const isId = (text: string): boolean =>
  charactersAtMost(text, MAX_ID_CHARACTERS) &&
  idPattern.test(text) &&
  text.isWellFormed() &&
  textProblem(text, 'line') === undefined

const charactersAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && Array.from(text).length <= most)

export const UserId = id<'user'>()
export const ResourceId = id<'resource'>()
export const BookingId = id<'booking'>()
export const WaitlistId = id<'waitlist'>()
export const ConflictId = id<'conflict'>()
export const RequestId = id<'request'>()

/** A string that people read. `textProblem` decides about its characters; the pattern is for other languages. */
const readable = (kind: keyof typeof patterns, minLength: number, maxLength: number, description: string) =>
  Type.Unsafe<string>(
    Type.Refine(
      Type.String({ minLength, maxLength, pattern: patterns[kind], description }),
      (text) => textProblem(text, kind === 'lines' ? 'lines' : 'line') === undefined,
      () => 'has characters that people cannot read',
    ),
  )

/** 1–200 characters, on one line. */
export const Name = readable('line', 1, 200, 'a name of 1 to 200 characters')
/** 1–2,000 characters, perhaps on several lines. */
export const Text = readable('lines', 1, 2_000, 'a text of 1 to 2000 characters')
/** 1–64 characters, on one line. */
export const Category = readable('line', 1, 64, 'a category of 1 to 64 characters')
/** 1–256 characters, on one line. */
export const AudienceName = readable('line', 1, 256, 'the name of an audience, such as role/admin')
/** An e-mail address: text, an @, text, without white space. At most 320 characters. */
export const Email = readable('email', 3, 320, 'an e-mail address')
/** The link of a notification: a path of the platform, an address, or a link with the scheme of an app. `isLink` decides; the pattern is for other languages. */
export const Link = Type.Unsafe<string>(
  Type.Refine(
    Type.String({
      minLength: 1,
      maxLength: eventLimits.LINK.most,
      pattern: '^(/(?!/)|[A-Za-z][A-Za-z0-9+.\\-]*:)[^\\s\\\\\\u0000-\\u001f\\u007f-\\u009f]*$',
      description: `${LINK_EXPECTED}, of at most ${eventLimits.LINK.most} characters`,
    }),
    (text) => isLink(text),
    () => 'is not a link',
  ),
)

const firstMoment = Date.parse('0001-01-01T00:00:00Z')
const lastMoment = Date.parse('9999-12-31T23:59:59.999Z')

/** RFC 3339 with an offset, between the years 1 and 9999 in UTC, which both JavaScript and Postgres can store. */
export const Time = Type.Unsafe<Time>(
  // The format of JSON Schema allows leap seconds and offsets that Date cannot parse.
  Type.Refine(
    Type.String({
      format: 'date-time',
      maxLength: 64,
      description: 'RFC 3339 with seconds and an offset, such as 2026-05-01T10:00:00Z',
    }),
    (text) => {
      const moment = Date.parse(text)
      return moment >= firstMoment && moment <= lastMoment
    },
    () => 'is not a time',
  ),
)

const MAX_INTL_NAME_CHARACTERS = 64
const MAX_CACHED_NAMES = 2_000
const cachedResults = new Map<string, boolean>()
/**
 * Returns whether `construct`, which calls Intl with this text, succeeds. Results are cached, because Intl is slow; the cache is bounded,
 * because the texts come from outside.
 */
function isKnownToIntl(kind: string, text: string, construct: () => unknown): boolean {
  // The schema has refused a longer text already; in the cache it would take memory without a bound.
  if (text.length > MAX_INTL_NAME_CHARACTERS) return false
  const name = `${kind} ${text}`
  const cached = cachedResults.get(name)
  if (cached !== undefined) return cached
  let isKnown = true
  try {
    construct()
  } catch {
    isKnown = false
  }
  if (cachedResults.size >= MAX_CACHED_NAMES) cachedResults.clear()
  cachedResults.set(name, isKnown)
  return isKnown
}

/** A BCP 47 tag that `Intl` supports, such as `en-GB`. */
export const Locale = Type.Unsafe<Locale>(
  Type.Refine(
    Type.String({ minLength: 2, maxLength: MAX_INTL_NAME_CHARACTERS, description: 'a BCP 47 locale, such as en-GB' }),
    (text) => isKnownToIntl('locale', text, () => Intl.getCanonicalLocales(text)),
    () => 'is not a locale',
  ),
)

/** An IANA time zone that `Intl` supports, such as `Europe/Berlin`. */
export const TimeZone = Type.Unsafe<TimeZone>(
  Type.Refine(
    Type.String({
      minLength: 1,
      maxLength: MAX_INTL_NAME_CHARACTERS,
      description: 'an IANA time zone, such as Europe/Berlin',
    }),
    (text) => isKnownToIntl('zone', text, () => new Intl.DateTimeFormat('en', { timeZone: text })),
    () => 'is not a time zone',
  ),
)
