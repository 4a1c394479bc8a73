import { type Formatters, formatToParts, IntlMessageFormat, PART_TYPE } from 'intl-messageformat'
import { createBoundedCache } from './bounded-cache.ts'
import { type Direction, isolate } from './isolate.ts'
import { createListTexts, type ListTexts } from './list-texts.ts'
import { once } from './once.ts'
import type { Text } from './text.ts'
import type { Place } from './text-places.ts'
import { createTimeTexts, type TimeText, type TimeTexts } from './time-texts.ts'
import { createZoneClock, type ZoneClock } from './zone-clock.ts'

/** Values that fill the blanks of a text, as effects keep them. */
type Values = Readonly<Record<string, string | number>>

/** Writes texts for one reader. */
export interface Reader {
  /** Returns the text with its blanks filled. Throws where a value is missing or of another kind. */
  fill(text: Text, values: Values): string
}

/** How many pairs of locale and time zone, and how many zones, keep their formatters. People choose them, so their number is limited. */
const MAX_KEPT_READERS = 500

/** Makes what returns the reader of a locale and a time zone. Without a time zone, times are in UTC. */
export function createReaders(): (locale: string, timeZone: string | undefined) => Reader {
  const clockOf = createBoundedCache(MAX_KEPT_READERS, createZoneClock)
  const readerOf = createBoundedCache(MAX_KEPT_READERS, (name: string): Reader => {
    const [locale = 'en', timeZone] = name.split(' ')
    const zone = timeZone === undefined ? undefined : zoneOf(timeZone, clockOf)
    const formatters = createFormatters()
    const writers = {
      locale,
      formatters,
      times: createTimeTexts(locale, zone),
      lists: createListTexts(locale, () => formatters.getNumberFormat(locale)),
    }
    return { fill: (text, values) => fill(text, values, writers) }
  })
  return (locale, timeZone) => readerOf(timeZone === undefined ? locale : `${locale} ${timeZone}`)
}

/** The zone of a reader; undefined where another version has kept one that Intl does not have here: then it is not known. */
function zoneOf(timeZone: string, clockOf: (timeZone: string) => ZoneClock) {
  try {
    return { timeZone, clock: clockOf(timeZone) }
  } catch {
    return undefined
  }
}

/** What one reader's texts are written with. */
interface Writers {
  readonly locale: string
  readonly formatters: Formatters
  readonly times: TimeTexts
  readonly lists: ListTexts
}

function fill({ elements, places, direction }: Text, values: Values, writers: Writers): string {
  const { locale, formatters, times } = writers
  const parts = formatToParts<Place>(elements, locale, formatters, IntlMessageFormat.formats, {
    ...values,
    ...places,
  })
  let filled = ''
  let last: TimeText | undefined
  for (const part of parts) {
    const literal = part.type === PART_TYPE.literal ? part.value : ''
    filled += last === undefined ? literal : times.join(last, literal)
    last = undefined
    if (part.type === PART_TYPE.literal) continue
    const written = write(part.value, values[part.value.blank], direction, writers)
    if (typeof written === 'string') filled += written
    else last = written
  }
  return last === undefined ? filled : filled + times.join(last, '')
}

/** What stands in a place. Values of another version may be missing, or of another kind. */
function write(
  place: Place,
  value: string | number | undefined,
  direction: Direction | undefined,
  { times, lists }: Writers,
): string | TimeText {
  if (value === undefined) throw new Error(`it has no parameter ${place.blank}`)
  switch (place.as) {
    case 'text':
      return direction === undefined ? `${value}` : isolate(`${value}`, direction)
    case 'list':
      return lists.write(`${value}`, (item) => isolate(item, direction ?? 'left to right'))
    case 'date':
      return times.date(momentOf(value), place.style, place.zone)
    case 'moment':
      return times.moment(momentOf(value), place.style)
    case 'range': {
      const [start = '', end = ''] = `${value}`.split('/')
      return times.range(momentOf(start), momentOf(end), place.style)
    }
  }
}

const momentOf = (value: string | number): number => new Date(value).getTime()

/** Number formats are costly to make, so each style has one; styles are objects that live as long as the texts. */
function createFormatters(): Formatters {
  const numbers = new Map<unknown, Intl.NumberFormat>()
  const plurals = new Map<unknown, Intl.PluralRules>()
  return {
    getNumberFormat: (locales, style) =>
      once(numbers, style, () => new Intl.NumberFormat(locales, style as Intl.NumberFormatOptions)),
    getPluralRules: (locales, style) => once(plurals, style?.type, () => new Intl.PluralRules(locales, style)),
    // No text asks for it: times are written by `TimeTexts`.
    getDateTimeFormat: (locales, style) => new Intl.DateTimeFormat(locales, style),
  }
}
