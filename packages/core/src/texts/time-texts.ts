import { createBoundedCache } from './bounded-cache.ts'
import { createDayRanges, type DayRanges, hasTwelveHours, MAX_KEPT_LOCALES } from './day-ranges.ts'
import { once } from './once.ts'
import type { ZoneClock } from './zone-clock.ts'

/** The styles of a day with its time, and of a range: those of a date. */
export const dayStyles = ['full', 'long', 'medium', 'short'] as const
export type DayStyle = (typeof dayStyles)[number]

/**
 * Whether the zone stands beside a time: `day` and `time` where the reader's own is not known, `time` where the reader's clock shows the
 * time twice too.
 */
export type ZoneNeed = 'never' | 'day' | 'time' | 'always'

/** A time in words. Between `text` and `zone` a text may have a word of its own: "10:00" "Uhr" "UTC". */
export interface TimeText {
  readonly text: string
  /** The word that the language has after a time, with the space before it. */
  readonly oClock: string
  /** The name of the zone, with the space before it; empty where the reader needs none. */
  readonly zone: string
}

/** How one reader reads times. Moments are in milliseconds; what is not a moment throws RangeError. */
export interface TimeTexts {
  date(moment: number, style: Intl.DateTimeFormatOptions, need: ZoneNeed): TimeText
  moment(moment: number, style: DayStyle): TimeText
  range(start: number, end: number, style: DayStyle): TimeText
  /** Puts a time before what follows in its text, which may begin with a word that belongs to the time: "10:00 Uhr UTC". */
  join(time: TimeText, following: string): string
}

/** The words that people write after a time of 24 hours, and that Intl leaves out, by language. */
const OCLOCK_WORDS: Readonly<Record<string, string>> = { de: ' Uhr', nl: ' uur' }
/** English names of zones differ by region: "CEST" is known in Europe, "EDT" in America. */
const ENGLISH_REGIONS = ['en-US', 'en-GB', 'en-AU', 'en-NZ']
const DAY_MS = 86_400_000

const languageOf = (locale: string): string => locale.split('-', 1)[0] ?? locale

/** Makes what writes times for one reader; without a clock the reader's zone is not known, and times are in UTC. */
export function createTimeTexts(
  locale: string,
  zone: { readonly timeZone: string; readonly clock: ZoneClock } | undefined,
): TimeTexts {
  const timeZone = zone?.timeZone ?? 'UTC'
  const made = new Map<unknown, Intl.DateTimeFormat>()
  /** Formatters are costly to make, so each style has one; styles are objects and names that live as long as the texts. */
  const formatOf = (style: unknown, options: () => Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    once(made, style, () => new Intl.DateTimeFormat(locale, { ...options(), timeZone }))
  const dayFormat = (style: DayStyle) => formatOf(style, () => ({ dateStyle: style, timeStyle: 'short' }))
  const ranges = new Map<DayStyle, DayRanges>()
  const rangesOf = (style: DayStyle): DayRanges =>
    once(ranges, style, () => createDayRanges(locale, style, dayFormat(style)))
  const wordOfLanguage = OCLOCK_WORDS[languageOf(locale)] ?? ''
  const word = wordOfLanguage !== '' && hasTwelveHours(locale) ? '' : wordOfLanguage
  const wordAtStart = wordOfLanguage === '' ? undefined : new RegExp(`^\\s?${wordOfLanguage.trim()}(?!\\p{L})`, 'u')
  const zoneName = createZoneNames(locale, timeZone)
  const offsetAt = (moment: number) => zone?.clock.offsetAt(moment) ?? 0
  const needsZone = (moment: number) => zone === undefined || zone.clock.isRepeated(moment)
  const zoneAt = (moment: number, needed: boolean) => (needed ? ` ${zoneName(moment)}` : '')

  return {
    date(moment, style, need) {
      const text = formatOf(style, () => style).format(moment)
      if (need === 'never' || (need === 'day' && zone !== undefined)) return { text, oClock: '', zone: '' }
      if (need === 'day') return { text, oClock: '', zone: ` (${zoneName(moment)})` }
      return { text, oClock: '', zone: zoneAt(moment, need === 'always' || needsZone(moment)) }
    },
    moment(moment, style) {
      return { text: dayFormat(style).format(moment), oClock: word, zone: zoneAt(moment, needsZone(moment)) }
    },
    range(start, end, style) {
      const [before, after] = [offsetAt(start), offsetAt(end)]
      const changes = before !== after
      const endZone = zoneAt(end, changes || needsZone(start) || needsZone(end))
      const isOneDay = Math.floor((start + before) / DAY_MS) === Math.floor((end + after) / DAY_MS)
      if (isOneDay && !changes) {
        const text = rangesOf(style).write(start, end, before)
        // Intl has the word after some ranges.
        return {
          text: text.endsWith(word) ? text.slice(0, text.length - word.length) : text,
          oClock: word,
          zone: endZone,
        }
      }
      const first = `${dayFormat(style).format(start)}${word}${zoneAt(start, changes)}`
      const last = isOneDay ? formatOf('time', () => ({ timeStyle: 'short' })) : dayFormat(style)
      return { text: `${first}${separatorOf(locale)}${last.format(end)}`, oClock: word, zone: endZone }
    },
    join({ text, oClock, zone: name }, following) {
      const own = wordAtStart?.exec(following)?.[0] ?? ''
      return `${text}${own || oClock}${name}${following.slice(own.length)}`
    },
  }
}

/** What stands between the two ends of a range in this language, with its spaces: " – " in English. */
const separatorOf = createBoundedCache(MAX_KEPT_LOCALES, (locale: string): string => {
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeStyle: 'short', timeZone: 'UTC' })
  const parts = days.formatRangeToParts(0, 1_000 * DAY_MS)
  const separator = parts.find(({ source, type }) => source === 'shared' && type === 'literal')?.value
  // Basque has the time in brackets.
  return separator?.replace(')', '') ?? ' – '
})

/** Makes what names a zone at a moment: in the words of the language, or else of an English region that has a name for it. */
function createZoneNames(locale: string, timeZone: string): (moment: number) => string {
  if (timeZone === 'UTC') return () => timeZone
  const regions = [locale, ...(languageOf(locale) === 'en' ? ENGLISH_REGIONS : [])]
  let formats: readonly Intl.DateTimeFormat[] | undefined
  return (moment) => {
    formats ??= regions.map((region) => new Intl.DateTimeFormat(region, { timeZone, timeZoneName: 'short' }))
    const names = formats.map((format) => nameIn(format, moment))
    return names.find((name) => !/\d/.test(name)) ?? names[0] ?? timeZone
  }
}

const nameIn = (format: Intl.DateTimeFormat, moment: number): string =>
  format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? ''
