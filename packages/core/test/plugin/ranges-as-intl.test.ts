import { expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin } from '../../src/index.ts'

/* The first range of each form is Intl's; those that follow are put together, and must not differ. */

const locales = [
  'en',
  'en-GB',
  'en-AU',
  'de',
  'fr',
  'es-MX',
  'ar',
  'he',
  'hi',
  'gu',
  'ja',
  'ko',
  'ru',
  'sl',
  'vi',
  'zh-TW',
  'eu',
  'my',
  // Their ranges name parts of the day that their times do not, or write hours with another number of digits.
  'zh-HK',
  'yo',
  'th-u-nu-thai',
]
const styles = ['full', 'long', 'medium', 'short'] as const
const translation = Object.fromEntries(styles.map((style) => [style, { title: `{when, range, ${style}}`, body: '' }]))
const plugin: AnyPlugin = {
  ...definePlugin({ id: 'p', events: {}, on: {} }),
  messages: translation,
  translations: Object.fromEntries(locales.map((locale) => [locale, translation])),
}
const { render } = createHost({ plugins: [plugin] })
const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** Ranges within a day, of minutes and of hours, on many days, some of them before 1970; the first is one of hours with two digits. */
const ranges = Array.from({ length: 300 }, (_, index) => {
  const start =
    Date.UTC(index % 10 === 9 ? 1950 : 2026, 0, 1) + ((index * 11) % 730) * DAY + ((index * 97 + 720) % 1_430) * MINUTE
  const minutes = index % 3 === 0 ? index % 50 : (index * 53) % 1_400
  return [start, Math.min(start + minutes * MINUTE, Math.floor(start / DAY) * DAY + DAY - MINUTE)] as const
})

it.each(locales)('a range is written as Intl writes it in %s', (locale) => {
  for (const timeZone of ['UTC', 'Etc/GMT-5'])
    for (const dateStyle of styles) {
      const format = new Intl.DateTimeFormat(locale, { dateStyle, timeStyle: 'short', timeZone })
      const dayOf = new Intl.DateTimeFormat('en', { timeZone })
      for (const [start, end] of ranges) {
        if (dayOf.format(start) !== dayOf.format(end)) continue
        const when = `${new Date(start).toISOString()}/${new Date(end).toISOString()}`
        const { title } = render({ plugin: 'p', message: dateStyle, parameters: { when } }, { locale, timeZone })
        const oneTime = format.format(start) === format.format(end) && locale === 'de' ? ' Uhr' : ''
        expect(title).toBe(format.formatRange(start, end) + oneTime)
      }
    }
})
