import * as booking from '@belfry/contracts/booking'
import { given } from '@belfry/core/testing'
import { expect, it } from 'vitest'
import { bookingPlugin } from '../src/index.ts'

/** The confirmation of a booking, as a person with this profile reads it. */
async function confirmation(startsAt: string, endsAt: string, profile?: { locale?: string; timeZone?: string }) {
  const data = { bookingId: 'b1', userId: 'bob', resourceId: 'r1', resourceName: 'Room 1', startsAt, endsAt }
  const event = booking.bookingCreated.create({ source: '/test', id: 'e1', time: '2026-05-01T08:00:00Z', data })
  const { told } = await given(bookingPlugin, profile ? { people: { bob: profile } } : {}).when(event)
  const [, when] = /^(?:Your booking|Ihre Buchung): (.*?)\. (?:Open|Öffnen)/.exec(told.bob?.[0]?.body ?? '') ?? []
  return when?.replace(/[\u2009\u202f\u00a0]/g, ' ')
}

it.each([
  ['America/New_York', 'Tuesday, May 5, 2026, 6:00 – 7:30 PM', 'Dienstag, 5. Mai 2026, 18:00–19:30 Uhr'],
  ['Europe/Berlin', 'Wednesday, May 6, 2026, 12:00 – 1:30 AM', 'Mittwoch, 6. Mai 2026, 00:00–01:30 Uhr'],
  ['Asia/Kolkata', 'Wednesday, May 6, 2026, 3:30 – 5:00 AM', 'Mittwoch, 6. Mai 2026, 03:30–05:00 Uhr'],
  ['Pacific/Auckland', 'Wednesday, May 6, 2026, 10:00 – 11:30 AM', 'Mittwoch, 6. Mai 2026, 10:00–11:30 Uhr'],
])('names the day once, as people in %s have it', async (timeZone, english, german) => {
  const times = ['2026-05-05T22:00:00Z', '2026-05-05T23:30:00Z'] as const
  expect(await confirmation(...times, { locale: 'en', timeZone })).toBe(english)
  expect(await confirmation(...times, { locale: 'de', timeZone })).toBe(german)
})

it.each([
  [{ locale: 'en' }, 'Tuesday, May 5, 2026, 10:00 – 11:30 PM UTC'],
  [{ locale: 'de' }, 'Dienstag, 5. Mai 2026, 22:00–23:30 Uhr UTC'],
  [undefined, 'Tuesday, May 5, 2026, 10:00 – 11:30 PM UTC'],
])('names the zone for a person whose own is not known: %o', async (profile, when) => {
  expect(await confirmation('2026-05-05T22:00:00Z', '2026-05-05T23:30:00Z', profile)).toBe(when)
})

it.each([
  [
    'en',
    'America/New_York',
    '2026-11-01T05:30:00Z',
    '2026-11-01T06:15:00Z',
    'Sunday, November 1, 2026 at 1:30 AM EDT – 1:15 AM EST',
  ],
  [
    'en-GB',
    'Europe/Berlin',
    '2026-10-25T00:30:00Z',
    '2026-10-25T01:15:00Z',
    'Sunday, 25 October 2026 at 02:30 CEST – 02:15 CET',
  ],
  [
    'de',
    'Europe/Berlin',
    '2026-10-25T00:30:00Z',
    '2026-10-25T01:15:00Z',
    'Sonntag, 25. Oktober 2026 um 02:30 Uhr MESZ – 02:15 Uhr MEZ',
  ],
  [
    'en',
    'Pacific/Auckland',
    '2026-09-26T13:30:00Z',
    '2026-09-26T14:30:00Z',
    'Sunday, September 27, 2026 at 1:30 AM NZST – 3:30 AM NZDT',
  ],
  [
    'de',
    'Pacific/Auckland',
    '2026-09-26T13:30:00Z',
    '2026-09-26T14:30:00Z',
    'Sonntag, 27. September 2026 um 01:30 Uhr GMT+12 – 03:30 Uhr GMT+13',
  ],
  ['en', 'Asia/Kolkata', '2026-10-25T00:30:00Z', '2026-10-25T01:15:00Z', 'Sunday, October 25, 2026, 6:00 – 6:45 AM'],
])(
  'names the zone of both ends only where the clock is changed between them: %s in %s',
  async (locale, timeZone, start, end, when) => {
    expect(await confirmation(start, end, { locale, timeZone })).toBe(when)
  },
)
