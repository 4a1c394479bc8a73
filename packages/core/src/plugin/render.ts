import { type Formatters, formatToParts, IntlMessageFormat } from 'intl-messageformat'
import { coreErrors } from '../errors.ts'
import type { Parameters, Profile } from './effects.ts'
import type { Text } from './text.ts'

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

/** How many pairs of locale and time zone keep their formatters. People choose them, so their number is limited. */
const MAX_KEPT_READERS = 500

interface Reader {
  readonly locale: string
  readonly formatters: Formatters
}

/**
 * Makes the function that renders messages in a person's locale and time zone. The text is the translation that fits the locale
 * best (`de-AT`, else `de`, else English); dates and numbers follow the person's own locale where it is of the text's language.
 * It throws MESSAGE_NOT_RENDERED if the message does not exist, or has other parameters.
 * @param messages by `<plugin>.<message>`
 */
export function createRender(messages: ReadonlyMap<string, ParsedMessage>): Render {
  const readers = new Map<string, Reader>()
  const readerOf = (locale: string, timeZone: string): Reader => {
    const name = `${locale} ${timeZone}`
    const kept = readers.get(name)
    if (kept) return kept
    if (readers.size >= MAX_KEPT_READERS) for (const oldest of readers.keys()) if (readers.delete(oldest)) break
    const reader = { locale, formatters: createFormatters(timeZone) }
    readers.set(name, reader)
    return reader
  }

  // The host refuses effects whose message its plugin does not have, or whose parameters have other kinds. But a notification to a large
  // audience may have been kept by another version.
  return ({ plugin, message, parameters }, profile) => {
    const name = `${plugin}.${message}`
    const parsed = messages.get(name)
    if (!parsed) throw coreErrors.MESSAGE_NOT_RENDERED({ message: name, why: 'no plugin has it' })
    const { text, locale } = bestText(parsed, profile)
    const reader = readerOf(locale, profile?.timeZone ?? 'UTC')
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

function fill(text: Text, parameters: Parameters, { locale, formatters }: Reader): string {
  const values: Record<string, string | number | Date> = {}
  for (const [name, kind] of text.blanks) {
    const value = parameters[name]
    if (value !== undefined) values[name] = kind === 'time' ? new Date(value) : value
  }
  let filled = ''
  for (const part of formatToParts(text.elements, locale, formatters, IntlMessageFormat.formats, values))
    filled += part.value
  return filled
}

/** Formatters are costly to make, so each style has one; styles are objects that live as long as the texts. */
function createFormatters(timeZone: string): Formatters {
  const numbers = new Map<unknown, Intl.NumberFormat>()
  const dates = new Map<unknown, Intl.DateTimeFormat>()
  const plurals = new Map<unknown, Intl.PluralRules>()
  const once = <T>(made: Map<unknown, T>, style: unknown, make: () => T): T => {
    const kept = made.get(style)
    if (kept !== undefined) return kept
    const fresh = make()
    made.set(style, fresh)
    return fresh
  }
  return {
    getNumberFormat: (locales, style) =>
      once(numbers, style, () => new Intl.NumberFormat(locales, style as Intl.NumberFormatOptions)),
    getDateTimeFormat: (locales, style) =>
      once(dates, style, () => new Intl.DateTimeFormat(locales, { ...style, timeZone })),
    getPluralRules: (locales, style) => once(plurals, style?.type, () => new Intl.PluralRules(locales, style)),
  }
}
