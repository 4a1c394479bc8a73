import type { Time } from '@belfry/contracts'
import { describe, expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin, type Parameters, type Profile } from '../../src/index.ts'

/** A plugin as plain JavaScript writes one, with one text in each of these languages. */
function renderOf(english: string, others: Readonly<Record<string, string>> = {}) {
  const plugin: AnyPlugin = {
    ...definePlugin({ id: 'p', events: {}, on: {} }),
    messages: { m: { title: english, body: '' } },
    translations: Object.fromEntries(
      Object.entries(others).map(([locale, title]) => [locale, { m: { title, body: '' } }]),
    ),
  }
  const { render } = createHost({ plugins: [plugin] })
  return (parameters: Parameters, reader?: Profile): string =>
    // ICU's spaces differ by version: a narrow one before AM and PM, thin ones around a dash.
    render({ plugin: 'p', message: 'm', parameters }, reader).title.replace(/[\u202f\u00a0\u2009]/g, ' ')
}

const berlin = (locale: string): Profile => ({ locale, timeZone: 'Europe/Berlin' })
const newYork = (locale: string): Profile => ({ locale, timeZone: 'America/New_York' })
const range = (start: Time, end: Time): Parameters => ({ when: `${start}/${end}` })

describe('a range', () => {
  const text = renderOf('{when, range}', { de: '{when, range}' })

  it('has its day once', () => {
    const hour = range('2026-05-05T08:00:00Z', '2026-05-05T09:30:00Z')
    expect(text(hour, berlin('en'))).toBe('Tuesday, May 5, 2026, 10:00 – 11:30 AM')
    expect(text(hour, newYork('en-US'))).toBe('Tuesday, May 5, 2026, 4:00 – 5:30 AM')
    expect(text(hour, berlin('en-GB'))).toBe('Tuesday, 5 May 2026, 10:00–11:30')
    expect(text(hour, berlin('de'))).toBe('Dienstag, 5. Mai 2026, 10:00–11:30 Uhr')
    expect(text(hour, { locale: 'de', timeZone: 'Asia/Kolkata' })).toBe('Dienstag, 5. Mai 2026, 13:30–15:00 Uhr')
  })

  it('has both days where it ends on another, as the reader sees them', () => {
    const night = range('2026-05-05T20:00:00Z', '2026-05-05T22:30:00Z')
    expect(text(night, berlin('en-GB'))).toBe('Tuesday, 5 May 2026 at 22:00 – Wednesday, 6 May 2026 at 00:30')
    expect(text(night, berlin('de'))).toBe('Dienstag, 5. Mai 2026 um 22:00 Uhr – Mittwoch, 6. Mai 2026 um 00:30 Uhr')
    expect(text(night, newYork('en'))).toBe('Tuesday, May 5, 2026, 4:00 – 6:30 PM')
    expect(text(range('2026-12-31T22:00:00Z', '2027-01-01T01:00:00Z'), berlin('en'))).toBe(
      'Thursday, December 31, 2026 at 11:00 PM – Friday, January 1, 2027 at 2:00 AM',
    )
  })

  it('is one time where it has no length', () => {
    const none = range('2026-05-05T08:00:00Z', '2026-05-05T08:00:00Z')
    expect(text(none, berlin('en'))).toBe('Tuesday, May 5, 2026 at 10:00 AM')
    expect(text(none, berlin('de'))).toBe('Dienstag, 5. Mai 2026 um 10:00 Uhr')
    expect(text(none)).toBe('Tuesday, May 5, 2026 at 8:00 AM UTC')
  })

  it('names the zone once where the zone of the reader is not known', () => {
    expect(text(range('2026-05-05T08:00:00Z', '2026-05-05T09:30:00Z'))).toBe('Tuesday, May 5, 2026, 8:00 – 9:30 AM UTC')
    expect(text(range('2026-05-05T08:00:00Z', '2026-05-05T09:30:00Z'), { locale: 'de' })).toBe(
      'Dienstag, 5. Mai 2026, 08:00–09:30 Uhr UTC',
    )
    expect(text(range('2026-05-05T23:00:00Z', '2026-05-06T01:00:00Z'), { locale: 'en-GB' })).toBe(
      'Tuesday, 5 May 2026 at 23:00 – Wednesday, 6 May 2026 at 01:00 UTC',
    )
    expect(text(range('2026-05-05T08:00:00Z', '2026-05-05T09:30:00Z'), { timeZone: 'UTC' })).toBe(
      'Tuesday, May 5, 2026, 8:00 – 9:30 AM',
    )
  })

  it('names the zone of both ends where the clock changes between them', () => {
    const back = range('2026-10-25T00:30:00Z', '2026-10-25T01:15:00Z')
    expect(text(back, berlin('en-GB'))).toBe('Sunday, 25 October 2026 at 02:30 CEST – 02:15 CET')
    expect(text(back, berlin('en'))).toBe('Sunday, October 25, 2026 at 2:30 AM CEST – 2:15 AM CET')
    expect(text(back, berlin('de'))).toBe('Sonntag, 25. Oktober 2026 um 02:30 Uhr MESZ – 02:15 Uhr MEZ')
    expect(text(back, newYork('en'))).toBe('Saturday, October 24, 2026, 8:30 – 9:15 PM')
    const forth = range('2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z')
    expect(text(forth, newYork('en'))).toBe('Sunday, March 8, 2026 at 1:30 AM EST – 3:30 AM EDT')
    expect(text(range('2026-10-24T08:00:00Z', '2026-10-26T08:00:00Z'), berlin('en-GB'))).toBe(
      'Saturday, 24 October 2026 at 10:00 CEST – Monday, 26 October 2026 at 09:00 CET',
    )
  })

  it('names the zone where the clock shows one of its ends twice', () => {
    expect(text(range('2026-10-25T01:10:00Z', '2026-10-25T01:50:00Z'), berlin('en-GB'))).toBe(
      'Sunday, 25 October 2026, 02:10–02:50 CET',
    )
    expect(text(range('2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z'), berlin('de'))).toBe(
      'Sonntag, 25. Oktober 2026, 00:00–02:30 Uhr MESZ',
    )
    expect(text(range('2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'), berlin('en-GB'))).toBe(
      'Sunday, 25 October 2026 at 02:30 CEST – 02:30 CET',
    )
  })

  it.each([
    ['long', '5 May 2026, 10:00–11:30'],
    ['medium', '5 May 2026, 10:00–11:30'],
    ['short', '05/05/2026, 10:00–11:30'],
  ])('is as short as its style: %s', (style, expected) => {
    const shorter = renderOf(`{when, range, ${style}}`)
    expect(shorter(range('2026-05-05T08:00:00Z', '2026-05-05T09:30:00Z'), berlin('en-GB'))).toBe(expected)
  })
})

describe('a time', () => {
  const at = '2026-05-05T08:00:00Z'
  const again = '2026-10-25T01:15:00Z'

  it('with its day is written as the language has it', () => {
    const text = renderOf('{at, moment}', { de: '{at, moment}', nl: '{at, moment}' })
    expect(text({ at }, berlin('en-GB'))).toBe('Tuesday, 5 May 2026 at 10:00')
    expect(text({ at }, berlin('de'))).toBe('Dienstag, 5. Mai 2026 um 10:00 Uhr')
    expect(text({ at }, berlin('nl'))).toBe('dinsdag 5 mei 2026 om 10:00 uur')
    expect(text({ at })).toBe('Tuesday, May 5, 2026 at 8:00 AM UTC')
    expect(text({ at }, { locale: 'de' })).toBe('Dienstag, 5. Mai 2026 um 08:00 Uhr UTC')
    expect(text({ at: again }, berlin('en'))).toBe('Sunday, October 25, 2026 at 2:15 AM CET')
    expect(renderOf('{at, moment, short}')({ at }, berlin('en-GB'))).toBe('05/05/2026, 10:00')
  })

  it.each([
    ['{at, time, short}', '10:00', '8:00 AM UTC', '02:15 CET'],
    ['{at, time}', '10:00:00', '8:00:00 AM UTC', '02:15:00 CET'],
    ['{at, time, ::jmm}', '10:00', '8:00 AM UTC', '2:15 CET'],
    ['{at, time, ::Hmm}', '10:00', '08:00 UTC', '2:15 CET'],
    ['{at, date, ::yMMMdjmm}', '5 May 2026, 10:00', 'May 5, 2026, 8:00 AM UTC', '25 Oct 2026, 2:15 CET'],
    // Where the style names the zone, it stands there once.
    ['{at, time, long}', '10:00:00 CEST', '8:00:00 AM UTC', '02:15:00 CET'],
    ['{at, time, ::jmmz}', '10:00 CEST', '8:00 AM UTC', '2:15 CET'],
    ['{at, date, medium}', '5 May 2026', 'May 5, 2026 (UTC)', '25 Oct 2026'],
    [
      '{at, date, medium}, {at, time, short}',
      '5 May 2026, 10:00',
      'May 5, 2026, 8:00 AM UTC',
      '25 Oct 2026, 02:15 CET',
    ],
    [
      '{n, plural, other {{at, date, medium}}}, {at, time, short}',
      '5 May 2026, 10:00',
      'May 5, 2026, 8:00 AM UTC',
      '25 Oct 2026, 02:15 CET',
    ],
  ])('has its zone where the reader cannot know it: %s', (english, known, unknown, repeated) => {
    const text = renderOf(english)
    expect(text({ at, n: 1 }, berlin('en-GB'))).toBe(known)
    expect(text({ at, n: 1 })).toBe(unknown)
    expect(text({ at: again, n: 1 }, berlin('en-GB'))).toBe(repeated)
  })

  it('has no word after it on a clock of twelve hours', () => {
    const text = renderOf('{at, moment}', { de: '{at, moment}' })
    expect(text({ at }, berlin('de-DE-u-hc-h12'))).toBe('Dienstag, 5. Mai 2026 um 10:00 AM')
    expect(text({ at }, { locale: 'de-u-hc-h12' })).toBe('Dienstag, 5. Mai 2026 um 8:00 AM UTC')
    const ranges = renderOf('{when, range}', { nl: '{when, range}' })
    const [hour, night] = [range(at, '2026-05-05T09:30:00Z'), range(at, '2026-05-06T09:30:00Z')]
    expect(ranges(hour, berlin('nl-u-hc-h12'))).not.toContain('uur')
    expect(ranges(night, berlin('nl-u-hc-h12'))).not.toContain('uur')
  })

  it('has its zone after the word that the text has after it', () => {
    const text = renderOf('{at, time, short}', { de: 'Um {at, time, short} Uhr geht es los.' })
    expect(text({ at }, { locale: 'de' })).toBe('Um 08:00 Uhr UTC geht es los.')
    expect(text({ at: again }, berlin('de'))).toBe('Um 02:15 Uhr MEZ geht es los.')
    expect(text({ at }, berlin('de'))).toBe('Um 10:00 Uhr geht es los.')
    expect(renderOf('{at, moment}', { de: '{at, moment} Uhr.' })({ at }, { locale: 'de' })).toBe(
      'Dienstag, 5. Mai 2026 um 08:00 Uhr UTC.',
    )
    expect(renderOf('{at, moment}', { de: '{at, time, short} Uhrenvergleich' })({ at }, { locale: 'de' })).toBe(
      '08:00 UTC Uhrenvergleich',
    )
  })

  it.each([
    ['America/New_York', '2026-11-01T05:59:00Z', 'EDT'],
    ['America/New_York', '2026-11-01T06:59:00Z', 'EST'],
    ['Europe/London', '2026-10-25T00:30:00Z', 'BST'],
    ['Europe/London', '2026-10-25T01:30:00Z', 'GMT'],
    ['Australia/Sydney', '2026-04-04T15:30:00Z', 'AEDT'],
    ['Australia/Lord_Howe', '2026-04-04T15:10:00Z', 'LHST'],
  ])('is named as English has it: in %s at %s it is %s', (timeZone, moment, name) => {
    const text = renderOf('{at, time, short}')
    for (const locale of ['en', 'en-US', 'en-GB', 'en-CA'])
      expect(text({ at: moment }, { locale, timeZone })).toMatch(new RegExp(` ${name}$`))
  })

  it('is in UTC where Intl does not have the zone of its reader', () => {
    expect(renderOf('{at, moment}')({ at }, { timeZone: 'Europe/Atlantis' })).toBe(
      'Tuesday, May 5, 2026 at 8:00 AM UTC',
    )
  })

  it('has its zone in both of the hours that a clock has twice, and in no other', () => {
    const text = renderOf('{at, time, ::Hmm}')
    const begin = Date.parse('2026-10-24T22:00:00Z')
    const named = Array.from({ length: 24 }, (_, index) => new Date(begin + index * 900_000).toISOString())
      .map((moment) => text({ at: moment }, berlin('en-GB')))
      .filter((shown) => / CES?T$/.test(shown))
    expect(named).toEqual([
      ...['2:00 CEST', '2:15 CEST', '2:30 CEST', '2:45 CEST'],
      ...['2:00 CET', '2:15 CET', '2:30 CET', '2:45 CET'],
    ])
  })
})

it('refuses styles that a range, a moment or a list does not have', () => {
  const startWith = (title: string) => () => renderOf(title)
  expect(startWith('{when, range, shrot}')).toThrow(
    /uses {when, range, shrot}, but the styles are full, long, medium, short/,
  )
  expect(startWith('{at, moment, ::jm}')).toThrow(
    /uses {at, moment, ::jm}, but the styles are full, long, medium, short/,
  )
  expect(startWith('{when, range, }')).toThrow(/uses {when, range, }, but the styles are full/)
  expect(startWith('{roles, list, long}')).toThrow(/uses {roles, list, long}, but a list has no styles/)
  expect(startWith('{when, range} {when, date}')).toThrow(/uses {when} both as range and as time/)
})
