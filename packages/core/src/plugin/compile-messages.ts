import { parseText, type Text } from '../texts/text.ts'
import type { AnyPlugin } from './define-plugin.ts'
import type { MessageForm } from './effect-makers.ts'
import type { Message, TranslatedMessage } from './messages.ts'
import type { ParsedMessage } from './render.ts'

/** The messages of a plugin, parsed: by name, the texts to render and what their effects need. */
export interface CompiledMessages {
  readonly parsed: ReadonlyMap<string, ParsedMessage>
  readonly forms: ReadonlyMap<string, MessageForm>
}

/** Collects what must be fixed (`problem`) and what may be intended (`warning`); `where` is relative to the plugin. */
export interface Report {
  problem(where: string, what: string): void
  warning(where: string, what: string): void
}

/** Parses every text of a plugin in every language, and reports everything that could make a rendering fail or mislead. */
export function compileMessages(plugin: AnyPlugin, report: Report): CompiledMessages {
  const parsed = new Map<string, ParsedMessage>()
  const forms = new Map<string, MessageForm>()
  const messages = plugin.messages ?? {}
  for (const [name, message] of Object.entries(messages)) {
    const where = `messages.${name}`
    const english = parseBoth(message, where, report)
    const blanks = new Map([...english.title.blanks, ...english.body.blanks])
    for (const [blank, kind] of english.title.blanks)
      if (blanks.get(blank) !== kind)
        report.problem(where, `uses {${blank}} as ${kind} in the title and as ${blanks.get(blank)} in the body`)
    const texts = new Map([['en', english]])
    for (const [locale, translation] of Object.entries(plugin.translations ?? {})) {
      const translated = translation[name]
      const place = `translations.${locale}.${name}`
      if (translated === undefined) report.warning(place, 'is missing: English is used')
      else texts.set(locale, compileTranslation(translated, blanks, place, report))
    }
    parsed.set(name, { texts })
    forms.set(name, { blanks, ...titlesOf(texts), priority: message.priority ?? 'normal', ...categoryOf(message) })
  }
  reportStrays(plugin, report)
  return { parsed, forms }
}

/** The titles by locale, and the blanks in them. */
function titlesOf(texts: ParsedMessage['texts']): Pick<MessageForm, 'titles' | 'inTitles'> {
  const titles = new Map([...texts].map(([locale, { title }]) => [locale, title]))
  return { titles, inTitles: new Set([...titles.values()].flatMap(({ blanks }) => [...blanks.keys()])) }
}

const categoryOf = ({ category }: Message) => (category === undefined ? {} : { category })

function parseBoth(message: TranslatedMessage, where: string, report: Report): { title: Text; body: Text } {
  const one = (field: 'title' | 'body'): Text => {
    const source: unknown = message[field]
    const { text, problems } = parseText(typeof source === 'string' ? source : '')
    if (typeof source !== 'string') report.problem(`${where}.${field}`, 'is not a text')
    for (const problem of problems) report.problem(`${where}.${field}`, problem)
    // A notification may be a title alone.
    if (text.seen === 'never' && problems.length === 0 && (field === 'title' || source !== ''))
      report.problem(`${where}.${field}`, 'has nothing that can be seen')
    return text
  }
  return { title: one('title'), body: one('body') }
}

function compileTranslation(
  translated: TranslatedMessage,
  blanks: MessageForm['blanks'],
  where: string,
  report: Report,
) {
  const texts = parseBoth(translated, where, report)
  const used = new Map([...texts.title.blanks, ...texts.body.blanks])
  for (const [blank, kind] of used) {
    const english = blanks.get(blank)
    if (english === undefined) report.problem(where, `uses {${blank}}, which the English text does not have`)
    else if (english !== kind)
      report.problem(where, `uses {${blank}} as ${kind}, but the English text uses it as ${english}`)
  }
  for (const blank of blanks.keys()) if (!used.has(blank)) report.warning(where, `does not use {${blank}}`)
  return texts
}

/** Reports translations that are never used: their locale is invalid, or the message does not exist. */
function reportStrays(plugin: AnyPlugin, report: Report): void {
  for (const [locale, translation] of Object.entries(plugin.translations ?? {})) {
    try {
      Intl.getCanonicalLocales(locale)
    } catch {
      report.problem(`translations.${locale}`, 'is not a BCP 47 locale')
    }
    for (const name of Object.keys(translation))
      if (plugin.messages?.[name] === undefined)
        report.problem(`translations.${locale}.${name}`, 'is not a message of this plugin')
  }
}
