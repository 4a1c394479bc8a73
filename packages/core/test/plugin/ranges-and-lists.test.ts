import * as booking from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import { definePlugin, type Effect, type Notify } from '../../src/index.ts'
import { given } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const messages = {
  moved: { title: 'Moved', body: '{when, range}, was {was, range, short}' },
  spaced: { title: 'Moved', body: '{ when , range }, was { was , range , short }' },
  roles: { title: 'Roles', body: 'You are now {roles, list}.' },
} as const
const translations = { de: { roles: { title: 'Rollen', body: 'Sie sind jetzt {roles, list}.' } } }

const plain = (text: string | undefined) => text?.replace(/[\u202f\u00a0\u2009]/g, ' ')
const [start, end] = ['2030-05-05T10:00:00+02:00', '2030-05-05T09:30:00Z']

/** What u1 is told by a handler that makes this effect. */
async function bodyOf(make: (notify: Notify<typeof messages>) => Effect, locale = 'en') {
  const on = { bookingCreated: (_event: unknown, { notify }: { notify: Notify<typeof messages> }) => [make(notify)] }
  const plugin = definePlugin({ id: 'p', events: booking, messages, translations, on })
  const people = { u1: { locale, timeZone: 'Europe/Berlin' } }
  const { told } = await given(plugin, { people }).when(bookingCreatedBy('u1'))
  return plain(told.u1?.[0]?.body)
}

it('writes a range of two times, whatever their offsets', async () => {
  const shown = await bodyOf((notify) => notify.moved('u1', { when: { start, end }, was: { start: end, end } }))
  expect(shown).toBe('Sunday, May 5, 2030, 10:00 – 11:30 AM, was 5/5/30, 11:30 AM')
})

it('reads spaces around a kind and its style as ICU does', async () => {
  const shown = await bodyOf((notify) => notify.spaced('u1', { when: { start, end }, was: { start: end, end } }))
  expect(shown).toBe('Sunday, May 5, 2030, 10:00 – 11:30 AM, was 5/5/30, 11:30 AM')
})

it.each<[string, object | string, RegExp]>([
  ['without an end', { start }, /parameters.when.end is missing, expected an RFC 3339 time/],
  ['of other things than times', { start: 'noon', end }, /parameters.when.start is "noon", expected an RFC 3339 time/],
  [
    'of times without an offset',
    { start: '2030-05-05T10:00:00', end },
    /parameters.when.start is "2030-05-05T10:00:00", expected an RFC/,
  ],
  ['that is one time', start, /parameters.when is "2030-05-05T10:00:00\+02:00", expected { start, end }/],
  ['that ends before it starts', { start: end, end: start }, /parameters.when ends at .*, before it starts at/],
])('refuses a range %s', async (_what, when, expected) => {
  const wrong = bodyOf((notify) => notify.moved('u1', { when: when as never, was: { start, end } }))
  await expect(wrong).rejects.toThrow(expected)
})

it.each<[readonly string[], string, string]>([
  [[], 'You are now .', 'Sie sind jetzt .'],
  [['a'], 'You are now a.', 'Sie sind jetzt a.'],
  [['a', 'b', 'c', 'd'], 'You are now a, b, c and d.', 'Sie sind jetzt a, b, c und d.'],
  [['a', 'b', 'c', 'd', 'e'], 'You are now a, b, c and 2 more.', 'Sie sind jetzt a, b, c und 2 weitere.'],
  [
    Array.from({ length: 1_241 }, (_, index) => `${index}`),
    'You are now 0, 1, 2 and 1,238 more.',
    'Sie sind jetzt 0, 1, 2 und 1.238 weitere.',
  ],
])('writes a list and cuts it: %#', async (roles, english, german) => {
  expect(await bodyOf((notify) => notify.roles('u1', { roles }))).toBe(english)
  expect(await bodyOf((notify) => notify.roles('u1', { roles }), 'de')).toBe(german)
})

it('refuses a list of other things than texts', async () => {
  const wrong = bodyOf((notify) => notify.roles('u1', { roles: ['a', 1 as never] }))
  await expect(wrong).rejects.toThrow(/parameters.roles is .*, expected a list of strings/)
})
