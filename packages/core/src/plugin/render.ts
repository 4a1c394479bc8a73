import { coreErrors } from '../errors.ts'
import { createReaders } from '../texts/readers.ts'
import type { Text } from '../texts/text.ts'
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

/**
 * Makes the function that renders messages in a person's locale and time zone. The text is the translation that fits the locale
 * best (`de-AT`, else `de`, else English); dates and numbers follow the person's own locale where it is of the text's language.
 * It throws MESSAGE_NOT_RENDERED if the message does not exist, or has other parameters.
 * @param messages by `<plugin>.<message>`
 */
export function createRender(messages: ReadonlyMap<string, ParsedMessage>): Render {
  const readerOf = createReaders()

  // The host refuses effects whose message its plugin does not have, or whose parameters have other kinds. But a notification to a large
  // audience may have been kept by another version.
  return ({ plugin, message, parameters }, profile) => {
    const name = `${plugin}.${message}`
    const parsed = messages.get(name)
    if (!parsed) throw coreErrors.MESSAGE_NOT_RENDERED({ message: name, why: 'no plugin has it' })
    const { text, locale } = bestText(parsed, profile)
    const reader = readerOf(locale, profile?.timeZone)
    try {
      return { title: reader.fill(text.title, parameters), body: reader.fill(text.body, parameters) }
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
