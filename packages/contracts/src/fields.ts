import Type, { type TUnsafe } from 'typebox'
import { eventLimits } from './event-limits.ts'
import { isLink, LINK_EXPECTED } from './link.ts'
import { isPrintable, PRINTABLE_CHARACTER } from './printable.ts'

declare const flavor: unique symbol
/** A string with a flavor: any plain string goes in, but one of another flavor does not. */
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
/** A BCP 47 tag that `Intl` knows. */
export type Locale = Flavored<'locale'>
/** An IANA name. */
export type TimeZone = Flavored<'time zone'>

/** The longest id, in characters; one outside the basic plane, such as an emoji, counts as one. */
const MAX_ID_CHARACTERS = 128

const id = <Flavor extends string>(): TUnsafe<Flavored<Flavor>> =>
  Type.Unsafe<Flavored<Flavor>>(
    Type.String({
      minLength: 1,
      maxLength: MAX_ID_CHARACTERS,
      pattern: `^${PRINTABLE_CHARACTER}+$`,
      description: `an id of 1 to ${MAX_ID_CHARACTERS} printable characters`,
    }),
  )

/** Returns whether a text is an id, of a person or of anything else: 1 to 128 printable characters, and no half of a surrogate pair. */
export const isId = (text: string): boolean =>
  text !== '' && isPrintable(text) && text.isWellFormed() && charactersAtMost(text, MAX_ID_CHARACTERS)

const charactersAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && Array.from(text).length <= most)

export const UserId = id<'user'>()
export const ResourceId = id<'resource'>()
export const BookingId = id<'booking'>()
export const WaitlistId = id<'waitlist'>()
export const ConflictId = id<'conflict'>()
export const RequestId = id<'request'>()

/** 1–200 characters. */
export const Name = Type.String({ minLength: 1, maxLength: 200, description: 'a name of 1 to 200 characters' })
/** 1–2,000 characters. */
export const Text = Type.String({ minLength: 1, maxLength: 2_000, description: 'a text of 1 to 2000 characters' })
/** An address that could be one: something, an @, something. At most 320 characters. */
export const Email = Type.String({
  minLength: 3,
  maxLength: 320,
  pattern: '^[^\\s@]+@[^\\s@]+$',
  description: 'an e-mail address',
})
/** Where a client leads: a path of ours, an address, or what the scheme of an app leads to. `isLink` is the rule; the pattern is for others. */
export const Link = Type.Unsafe<string>(
  Type.Refine(
    Type.String({
      minLength: 1,
      maxLength: eventLimits.LINK.most,
      pattern: '^(/(?!/)|[A-Za-z][A-Za-z0-9+.\\-]*:)[^\\s\\\\\\u0000-\\u001f\\u007f-\\u009f]*$',
      description: `${LINK_EXPECTED}, of at most ${eventLimits.LINK.most} characters`,
    }),
    (text) => isLink(text),
    () => 'is no link',
  ),
)

const firstMoment = Date.parse('0001-01-01T00:00:00Z')
const lastMoment = Date.parse('9999-12-31T23:59:59.999Z')

/** RFC 3339 with an offset, between the years 1 and 9999 in UTC: what both JavaScript and Postgres can hold. */
export const Time = Type.Unsafe<Time>(
  // The format of JSON Schema admits leap seconds and offsets that Date does not.
  Type.Refine(
    Type.String({
      format: 'date-time',
      maxLength: 64,
      description: 'RFC 3339 with an offset, such as 2026-05-01T10:00:00Z',
    }),
    (text) => {
      const moment = Date.parse(text)
      return moment >= firstMoment && moment <= lastMoment
    },
    () => 'is no moment',
  ),
)

const accepted = new Map<string, boolean>()
/** Names of locales and time zones are no longer, in characters. */
const LONGEST_NAME = 64
/** Whether Intl takes it; what it said before is remembered, because asking it is slow. People write these strings, so not for ever. */
function intlTakes(kind: string, text: string, ask: () => unknown): boolean {
  // Refused for its length already, and remembered it would take as much memory as whoever has sent it likes.
  if (text.length > LONGEST_NAME) return false
  const name = `${kind} ${text}`
  const known = accepted.get(name)
  if (known !== undefined) return known
  let takes = true
  try {
    ask()
  } catch {
    takes = false
  }
  if (accepted.size >= 2_000) accepted.clear()
  accepted.set(name, takes)
  return takes
}

/** A BCP 47 tag that `Intl` knows, such as `en-GB`. */
export const Locale = Type.Unsafe<Locale>(
  Type.Refine(
    Type.String({ minLength: 2, maxLength: LONGEST_NAME, description: 'a BCP 47 locale, such as en-GB' }),
    (text) => intlTakes('locale', text, () => Intl.getCanonicalLocales(text)),
    () => 'is no locale',
  ),
)

/** An IANA time zone that `Intl` knows, such as `Europe/Berlin`. */
export const TimeZone = Type.Unsafe<TimeZone>(
  Type.Refine(
    Type.String({ minLength: 1, maxLength: LONGEST_NAME, description: 'an IANA time zone, such as Europe/Berlin' }),
    (text) => intlTakes('zone', text, () => new Intl.DateTimeFormat('en', { timeZone: text })),
    () => 'is no time zone',
  ),
)
