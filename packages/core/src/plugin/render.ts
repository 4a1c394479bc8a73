import { type Formatters, formatToParts, IntlMessageFormat, PART_TYPE } from 'intl-messageformat'
import { coreErrors } from '../errors.ts'
import { createBoundedCache } from '../texts/bounded-cache.ts'
import { createListTexts, type ListTexts } from '../texts/list-texts.ts'
import { once } from '../texts/once.ts'
import type { Text } from '../texts/text.ts'
import type { Place } from '../texts/text-places.ts'
import { createTimeTexts, type TimeText, type TimeTexts } from '../texts/time-texts.ts'
import { createZoneClock } from '../texts/zone-clock.ts'
import type { Parameters, Profile } from './effects.ts'

/** One message, parsed: its texts by locale; English is `en` and always there. */
export interface ParsedMessage {
  readonly texts: ReadonlyMap<string, { readonly title: Text; readonly body: Text }>
}

/**
 * Renders one message for one reader. It cannot fail for effects of this host; for effects of another version it may throw
 * MESSAGE_NOT_RENDERED.
 */
export type Render = (
  text: { readonly plugin: string; readonly message: string; readonly parameters: Parameters },
  reader: Profile | undefined,
) => { readonly title: string; readonly body: string }

/** How many pairs of locale and time zone, and how many zones, keep their formatters. People choose them, so their number is limited. */
const MAX_KEPT_READERS = 500

interface Reader {
  readonly locale: string
  readonly formatters: Formatters
  readonly times: TimeTexts
  readonly lists: ListTexts
}

/**
 * Makes the function that renders messages in a person's locale and time zone. The text is the translation that fits the locale
 * best (`de-AT`, else `de`, else English); dates and numbers follow the person's own locale where it is of the text's language.
 * It throws MESSAGE_NOT_RENDERED if the message does not exist, or has other parameters.
 * @param messages by `<plugin>.<message>`
 */
export function createRender(messages: ReadonlyMap<string, ParsedMessage>): Render {
  const clockOf = createBoundedCache(MAX_KEPT_READERS, createZoneClock)
  const readerOf = createBoundedCache(MAX_KEPT_READERS, (name: string): Reader => {
    const [locale = 'en', timeZone] = name.split(' ')
    const zone = timeZone === undefined ? undefined : { timeZone, clock: clockOf(timeZone) }
    const formatters = createFormatters()
    return {
      locale,
      formatters,
      times: createTimeTexts(locale, zone),
      lists: createListTexts(locale, () => formatters.getNumberFormat(locale)),
    }
  })

  // The host refuses effects whose message its plugin does not have, or whose parameters have other kinds. But a notification to a large
  // audience may have been kept by another version.
  return ({ plugin, message, parameters }, profile) => {
    const name = `${plugin}.${message}`
    const parsed = messages.get(name)
    if (!parsed) throw coreErrors.MESSAGE_NOT_RENDERED({ message: name, why: 'no plugin has it' })
    const { text, locale } = bestText(parsed, profile)
    const reader = readerOf(profile?.timeZone === undefined ? locale : `${locale} ${profile.timeZone}`)
    try {
      return { title: fill(text.title, parameters, reader), body: fill(text.body, parameters, reader) }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw coreErrors.MESSAGE_NOT_RENDERED({ message: name, why }, { cause: error })
    }
  }
}

function bestText({ texts }: ParsedMessage, profile: Profile | undefined) {
  const english = texts.get('en')
  if (!english) throw new Error('a message has no English text')
  const wanted = profile?.locale ?? 'en'
  const language = wanted.split('-', 1)[0] ?? wanted
  const text = texts.get(wanted) ?? texts.get(language)
  if (text) return { text, locale: wanted }
  return { text: english, locale: language === 'en' ? wanted : 'en' }
}

function fill({ elements, places }: Text, parameters: Parameters, reader: Reader): string {
  const { locale, formatters } = reader
  const parts = formatToParts<Place>(elements, locale, formatters, IntlMessageFormat.formats, {
    ...parameters,
    ...places,
  })
  let filled = ''
  let last: TimeText | undefined
  for (const part of parts) {
    const literal = part.type === PART_TYPE.literal ? part.value : ''
    filled += last === undefined ? literal : reader.times.join(last, literal)
    last = undefined
    if (part.type === PART_TYPE.literal) continue
    const written = write(part.value, parameters[part.value.blank], reader)
    if (typeof written === 'string') filled += written
    else last = written
  }
  return last === undefined ? filled : filled + reader.times.join(last, '')
}

/** What stands in a place. Parameters of another version may be missing, or of another kind. */
function write(place: Place, value: string | number | undefined, { times, lists }: Reader): string | TimeText {
  if (value === undefined) throw new Error(`it has no parameter ${place.blank}`)
  switch (place.as) {
    case 'text':
      return `${value}`
    case 'list':
      return lists.write(`${value}`)
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
