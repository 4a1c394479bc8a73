import type { DayStyle } from './time-texts.ts'

/** Writes ranges of two times within one day, as Intl does. */
export interface DayRanges {
  /** Moments in milliseconds; `sameHour`: the clock of the zone is in the same hour at both. */
  write(start: number, end: number, sameHour: boolean): string
}

/** Puts a day and two times where Intl has them. */
type Pattern = (day: string, from: string, to: string) => string

/** A time without what the language calls this part of the day (AM), and that. */
type Time = readonly [time: string, period: string]

/**
 * Makes what writes ranges in a language and a zone. Intl takes ten times as long for a range as for a time, so it writes the first range of
 * each form; where its day and its two times are found in there, they are replaced in the ranges that follow.
 */
export function createDayRanges(locale: string, style: DayStyle, timeZone: string): DayRanges {
  const wholes = new Intl.DateTimeFormat(locale, { dateStyle: style, timeStyle: 'short', timeZone })
  const days = new Intl.DateTimeFormat(locale, { dateStyle: style, timeZone })
  const times = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone })
  const hasPeriods = times.resolvedOptions().hour12 === true
  const patterns = new Map<string, Pattern | 'none'>()

  const timeOf = (moment: number): Time => {
    if (!hasPeriods) return [times.format(moment), '']
    let [time, period] = ['', '']
    for (const { type, value } of times.formatToParts(moment))
      if (type === 'dayPeriod') period += value
      else time += value
    return [time.trim(), period]
  }

  return {
    write(start, end, sameHour) {
      const [[from, before], [to, after]] = [timeOf(start), timeOf(end)]
      if (from === to && before === after) return wholes.format(start)
      const day = days.format(start)
      const form = `${before} ${after} ${from.length} ${to.length} ${from.startsWith('0')} ${to.startsWith('0')} ${sameHour}`
      let pattern = patterns.get(form)
      if (pattern === undefined) {
        pattern = patternOf(wholes.formatRange(start, end), day, from, to) ?? 'none'
        patterns.set(form, pattern)
      }
      return pattern === 'none' ? wholes.formatRange(start, end) : pattern(day, from, to)
    },
  }
}

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

/** What stands before, between and after two times. */
function aroundTimes(text: string, from: string, to: string): readonly [string, string, string] | undefined {
  const fromAt = text.indexOf(from)
  const toAt = fromAt === -1 ? -1 : text.indexOf(to, fromAt + from.length)
  if (toAt === -1) return undefined
  return [text.slice(0, fromAt), text.slice(fromAt + from.length, toAt), text.slice(toAt + to.length)]
}
