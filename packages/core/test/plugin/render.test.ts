import { describe, expect, it } from 'vitest'
import { createHost, definePlugin, type Parameters, type Profile } from '../../src/index.ts'

const plugin = definePlugin({
  id: 'p',
  events: {},
  messages: {
    when: { title: '{name}', body: '{at, date, full} at {at, time, short}' },
    many: {
      title: '{n, plural, =0 {nobody} one {# person} other {# people}}',
      body: "it's {n, number} <b>'{'literal'}'</b>",
    },
    which: { title: '{what, select, kept {stays} other {goes}}', body: '' },
  },
  translations: {
    de: {
      when: { title: '{name}', body: '{at, date, full} um {at, time, short}' },
      many: { title: '{n, plural, =0 {niemand} one {# Person} other {# Personen}}', body: '{n, number}' },
    },
    'de-AT': { many: { title: '{n, plural, other {# Leutln}}', body: '' } },
  },
  on: {},
})
const { render } = createHost({ plugins: [plugin] })
const shown = (message: string, parameters: Parameters, reader?: Profile) =>
  render({ plugin: 'p', message, parameters }, reader)

// ICU puts a narrow no-break space before AM and PM; what counts is that it reads so.
const plain = (text: string) => text.replace(/[\u202f\u00a0]/g, ' ')
const at = '2026-05-05T23:30:00Z'

describe('a text', () => {
  it('is English and in UTC for people without a profile', () => {
    expect(plain(shown('when', { name: 'R', at }).body)).toBe('Tuesday, May 5, 2026 at 11:30 PM UTC')
  })

  it('is in the language, the manner and the time zone of its reader', () => {
    const body = (reader: Profile) => plain(shown('when', { name: 'R', at }, reader).body)
    expect(body({ locale: 'de', timeZone: 'Europe/Berlin' })).toBe('Mittwoch, 6. Mai 2026 um 01:30')
    expect(body({ locale: 'en-GB', timeZone: 'America/New_York' })).toBe('Tuesday, 5 May 2026 at 19:30')
    expect(body({ timeZone: 'Asia/Kathmandu' })).toBe('Wednesday, May 6, 2026 at 5:15 AM')
  })

  it('falls back from the region to the language and from the language to English, dates included', () => {
    const title = (locale: string) => shown('many', { n: 2 }, { locale }).title
    expect(title('de-AT')).toBe('2 Leutln')
    expect(title('de-CH')).toBe('2 Personen')
    expect(title('fr-FR')).toBe('2 people')
    expect(plain(shown('when', { name: 'R', at }, { locale: 'fr' }).body)).toBe('Tuesday, May 5, 2026 at 11:30 PM UTC')
  })

  it('counts, selects and takes braces and angle brackets literally', () => {
    expect([0, 1, 1234].map((n) => shown('many', { n }).title)).toEqual(['nobody', '1 person', '1,234 people'])
    expect(shown('many', { n: 1234 }).body).toBe("it's 1,234 <b>{literal}</b>")
    expect(['kept', 'moved'].map((what) => shown('which', { what }).title)).toEqual(['stays', 'goes'])
  })

  it('takes what fills a blank as it is, braces and quotes included', () => {
    expect(shown('when', { name: "{at} '{' <b> #", at }).title).toBe("{at} '{' <b> #")
  })

  it('stays right with more locales and zones than are remembered', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    const locales = ['en', 'en-GB', 'de', 'de-AT']
    const first = locales.map((locale) => shown('when', { name: 'R', at }, { locale, timeZone: 'UTC' }))
    for (const locale of locales) for (const timeZone of zones) shown('when', { name: 'R', at }, { locale, timeZone })
    expect(locales.map((locale) => shown('when', { name: 'R', at }, { locale, timeZone: 'UTC' }))).toEqual(first)
  })
})
