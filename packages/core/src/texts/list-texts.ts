/** A list of more than four is cut after three: then what is left out is always in the plural. */
export const MAX_SHOWN_ITEMS = 4
const SHOWN_OF_MORE = 3

/** What a list leaves out, in words; in other languages "+38". */
const MORE_WORDS: Readonly<Record<string, (count: string) => string>> = {
  en: (count) => `${count} more`,
  de: (count) => `${count} weitere`,
}

/** The parameter of a list: JSON of what is shown of it, and of the number of what is not. */
export const listParameter = (list: readonly string[]): string =>
  JSON.stringify(list.length <= MAX_SHOWN_ITEMS ? list : [...list.slice(0, SHOWN_OF_MORE), list.length - SHOWN_OF_MORE])

/** How one reader reads lists. */
export interface ListTexts {
  /** Writes the parameter of a list, in the words of the language: "a, b, c and 38 more". `show` returns an item as it is shown. */
  write(parameter: string, show: (item: string) => string): string
}

/** Makes what writes lists in a language. */
export function createListTexts(locale: string, numbers: () => Intl.NumberFormat): ListTexts {
  const language = locale.split('-', 1)[0] ?? locale
  const more = MORE_WORDS[language] ?? ((count: string) => `+${count}`)
  let format: Intl.ListFormat | undefined
  return {
    write(parameter, show) {
      const list: unknown = JSON.parse(parameter)
      if (!Array.isArray(list)) throw new Error(`${parameter} is not a list`)
      // Without the comma before "and", which only American English has: it would set apart what is left out.
      format ??= new Intl.ListFormat(language === 'en' ? 'en-GB' : locale)
      return format.format(
        list.map((item) => (typeof item === 'number' ? more(numbers().format(item)) : show(String(item)))),
      )
    },
  }
}
