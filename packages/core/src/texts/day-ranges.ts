import { createBoundedCache } from './bounded-cache.ts'
import type { DayStyle } from './time-texts.ts'

/** Writes ranges of two times within one day, as Intl does. */
export interface DayRanges {
  /** Moments in milliseconds, and the offset of the zone's clock at both of them. */
  write(start: number, end: number, offset: number): string
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** How many locales keep what is the same in all zones. People choose them, so their number is limited. */
export const MAX_KEPT_LOCALES = 500
/** How many times of the day each of them keeps, and how many days each reader. */
const MAX_KEPT_TIMES = 200
const MAX_KEPT_DAYS = 64

/** Puts a day and two times where Intl has them. */
type Pattern = (day: string, from: string, to: string) => string

/** A time without what the language calls this part of the day (AM), and that. */
type Time = readonly [time: string, period: string]

/**
 * Makes what writes ranges in a language and a zone; `wholes` writes a day with its time. Intl takes ten times as long for a range as for a
 * time, and much memory for the first of each format. So it writes only the first range of each form, for all zones; where its day and its
 * two times are found in there, they are replaced in the ranges that follow.
 */
export function createDayRanges(locale: string, style: DayStyle, wholes: Intl.DateTimeFormat): DayRanges {
  const days = new Intl.DateTimeFormat(locale, { dateStyle: style, timeZone: 'UTC' })
  const dayOf = createBoundedCache(MAX_KEPT_DAYS, (day: number) => days.format(day * DAY_MS))
  const timeOf = timesOf(locale)
  const hasPatterns = !hasTwelveHours(locale) || !hasOtherPeriods(locale)
  const zero = zeroOf(locale)
  const patterns = patternsOf(`${locale} ${style}`)

  return {
    write(start, end, offset) {
      const [startMinute, endMinute] = [minuteOf(start + offset), minuteOf(end + offset)]
      const [[from, before], [to, after]] = [timeOf(startMinute), timeOf(endMinute)]
      if (from === to && before === after) return wholes.format(start)
      if (!hasPatterns) return wholes.formatRange(start, end)
      const day = dayOf(Math.floor((start + offset) / DAY_MS))
      const form = `${before} ${after} ${from.length} ${to.length} ${from.startsWith(zero)} ${to.startsWith(zero)} ${hourOf(startMinute) === hourOf(endMinute)}`
      let pattern = patterns.get(form)
      if (pattern === undefined) {
        pattern = patternOf(wholes.formatRange(start, end), day, from, to) ?? 'none'
        patterns.set(form, pattern)
      }
      return pattern === 'none' ? wholes.formatRange(start, end) : pattern(day, from, to)
    },
  }
}

/** The patterns of a locale and a style, by the form of the range. */
const patternsOf = createBoundedCache(MAX_KEPT_LOCALES, () => new Map<string, Pattern | 'none'>())

const zeroOf = createBoundedCache(MAX_KEPT_LOCALES, (locale: string) => new Intl.NumberFormat(locale).format(0))

/** The minute of the day on a clock, from 0 to 1439. */
const minuteOf = (wallClock: number): number => (1_440 + (Math.floor(wallClock / MINUTE_MS) % 1_440)) % 1_440
const hourOf = (minute: number): number => Math.floor(minute / 60)

/** What a locale writes for a minute of the day: the same in all zones. Most times are those of a few bookings, and Intl takes a microsecond for each. */
const timesOf = createBoundedCache(MAX_KEPT_LOCALES, (locale: string) => {
  const times = shortTimesOf(locale)
  const periods = hasTwelveHours(locale) ? periodsOf(locale) : undefined
  return createBoundedCache(MAX_KEPT_TIMES, (minute: number): Time => {
    const moment = minute * MINUTE_MS
    const text = times.format(moment)
    if (periods === undefined) return [text, '']
    const period = periods[hourOf(minute)] ?? ''
    const at = text.indexOf(period)
    return at === -1 ? partsOf(times, moment) : [`${text.slice(0, at)}${text.slice(at + period.length)}`.trim(), period]
  })
})

/** A time in its parts, from Intl: this takes twice as long as to write it. */
function partsOf(times: Intl.DateTimeFormat, moment: number): Time {
  let [time, period] = ['', '']
  for (const { type, value } of times.formatToParts(moment))
    if (type === 'dayPeriod') period += value
    else time += value
  return [time.trim(), period]
}

const shortTimesOf = (locale: string) => new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' })

/** Whether the clock of a locale has AM and PM. People choose that in any language: `de-u-hc-h12`. */
export const hasTwelveHours = createBoundedCache(
  MAX_KEPT_LOCALES,
  (locale: string): boolean => shortTimesOf(locale).resolvedOptions().hour12 === true,
)

/** What a language calls the part of the day of each hour. */
const periodsOf = createBoundedCache(MAX_KEPT_LOCALES, (locale: string): readonly string[] => {
  const times = shortTimesOf(locale)
  return Array.from({ length: 24 }, (_, hour) => partsOf(times, (hour + 0.5) * HOUR_MS)[1])
})

/** Whether ranges in this language name parts of the day that times do not: "noon" beside "PM". */
const hasOtherPeriods = createBoundedCache(MAX_KEPT_LOCALES, (locale: string): boolean => {
  const [alone, parts] = [periodsOf(locale), shortTimesOf(locale).formatRangeToParts(0.5 * HOUR_MS, 12.5 * HOUR_MS)]
  return parts.some(({ type, value }) => type === 'dayPeriod' && value !== alone[0] && value !== alone[12])
})

/** The pattern of a range that Intl has written; undefined where the day and the times are written otherwise than alone. */
function patternOf(written: string, day: string, from: string, to: string): Pattern | undefined {
  const dayAt = written.indexOf(day)
  if (dayAt === -1) return undefined
  const [before, after] = [written.slice(0, dayAt), written.slice(dayAt + day.length)]
  const later = aroundTimes(after, from, to)
  if (later) return (d, f, t) => `${before}${d}${later[0]}${f}${later[1]}${t}${later[2]}`
  const earlier = aroundTimes(before, from, to)
  return earlier && ((d, f, t) => `${earlier[0]}${f}${earlier[1]}${t}${earlier[2]}${d}${after}`)
}

/** What stands before, between and after two times; undefined where a digit does, because an hour has one more than alone. */
function aroundTimes(text: string, from: string, to: string): readonly [string, string, string] | undefined {
  const fromAt = text.indexOf(from)
  const toAt = fromAt === -1 ? -1 : text.indexOf(to, fromAt + from.length)
  if (toAt === -1) return undefined
  const around = [text.slice(0, fromAt), text.slice(fromAt + from.length, toAt), text.slice(toAt + to.length)] as const
  return around.some((one) => /\p{Nd}/u.test(one)) ? undefined : around
}
