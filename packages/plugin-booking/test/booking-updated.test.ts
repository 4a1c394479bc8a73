import { bookersOf } from '@belfry/contracts/audiences'
import * as booking from '@belfry/contracts/booking'
import type { Effect } from '@belfry/core'
import { given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { bookingPlugin } from '../src/index.ts'

type Booking = Parameters<typeof booking.bookingCreated.create>[0]['data']
type Previous = Parameters<typeof booking.bookingUpdated.create>[0]['data']['previous']

const booked: Booking = {
  bookingId: 'b1',
  userId: 'bob',
  resourceId: 'r1',
  resourceName: 'Room 1',
  startsAt: '2026-05-05T10:00:00Z',
  endsAt: '2026-05-05T11:00:00Z',
  attendeeIds: ['amy', 'cem'],
}
const later = { startsAt: '2026-05-06T10:00:00Z', endsAt: '2026-05-06T11:00:00Z' }
const elsewhere = { resourceId: 'r2', resourceName: 'Room 2' }
const head = (id: string) => ({ source: '/test', id, time: '2026-05-01T08:00:00Z' })

/** The members of the audience of a resource's bookers after these effects. */
function membersAfter(effects: readonly Effect[], resourceId: string): readonly string[] {
  const members = new Set<string>()
  for (const effect of effects) {
    if (!('audience' in effect) || effect.audience !== bookersOf(resourceId).audience) continue
    if (effect.kind === 'join') for (const person of effect.people) members.add(person)
    if (effect.kind === 'leave')
      for (const person of effect.person ? [effect.person] : [...members]) members.delete(person)
  }
  return [...members].sort()
}

const FIELDS = ['userId', 'startsAt', 'endsAt', 'resourceId', 'resourceName', 'attendeeIds'] as const

/** The old values of the fields that differ, as a producer sends them. */
const previousOf = (before: Booking, now: Booking): Previous =>
  Object.fromEntries(
    FIELDS.filter((field) => before[field] !== now[field]).map((field) => [field, before[field] ?? null]),
  )

/** What happens when a booking changes: who is told what, and who is in the audience of which resource. */
async function update(before: Booking, now: Booking, previous = previousOf(before, now)) {
  const platform = given(bookingPlugin)
  const created = await platform.when(booking.bookingCreated.create({ ...head('1'), data: before }))
  const updated = await platform.when(booking.bookingUpdated.create({ ...head('2'), data: { ...now, previous } }))
  const effects = [...created.effects, ...updated.effects]
  const told = Object.entries(updated.told)
  return {
    told: Object.fromEntries(
      told.map(([person, all]) => [person, all.map(({ type }) => type.slice('booking.'.length)).join()]),
    ),
    bodies: Object.fromEntries(
      told.map(([person, [one]]) => [person, one?.body.replace(/[\u2009\u202f\u00a0]/g, ' ')]),
    ),
    r1: membersAfter(effects, 'r1').join(' '),
    r2: membersAfter(effects, 'r2').join(' '),
  }
}

describe('a booking that is given to another person', () => {
  const alone = { attendeeIds: [] }
  const given = { zoe: 'confirmed', bob: 'handedOver' }
  const rest = { amy: 'changed', cem: 'changed' }
  const swapped = { amy: 'confirmed', bob: 'handedOver' }

  it.each<[what: string, before: Partial<Booking>, now: Partial<Booking>, told: object, r1: string, r2: string]>([
    ['alone', alone, { ...alone, userId: 'zoe' }, given, 'zoe', ''],
    ['who was no part of it', {}, { userId: 'zoe' }, given, 'amy cem zoe', ''],
    ['at another time', {}, { ...later, userId: 'zoe' }, { ...given, ...rest }, 'amy cem zoe', ''],
    ['at another resource', {}, { ...elsewhere, userId: 'zoe' }, { ...given, ...rest }, '', 'amy cem zoe'],
    [
      'with other attendees',
      {},
      { userId: 'zoe', attendeeIds: ['cem', 'dan'] },
      { ...given, cem: 'changed', amy: 'uninvited', dan: 'invited' },
      'cem dan zoe',
      '',
    ],
    [
      'with all of it changed at once',
      {},
      { ...later, ...elsewhere, userId: 'zoe', attendeeIds: ['cem', 'dan'] },
      { ...given, cem: 'changed', amy: 'uninvited', dan: 'invited' },
      '',
      'cem dan zoe',
    ],
    [
      'while the old booker stays as attendee',
      {},
      { userId: 'zoe', attendeeIds: ['amy', 'cem', 'bob'] },
      given,
      'amy bob cem zoe',
      '',
    ],
    [
      'while the old booker, who was listed as an attendee too, stays',
      { attendeeIds: ['amy', 'bob'] },
      { userId: 'zoe', attendeeIds: ['amy', 'bob'] },
      given,
      'amy bob zoe',
      '',
    ],
    ['who was an attendee', {}, { userId: 'amy', attendeeIds: ['cem'] }, swapped, 'amy cem', ''],
    ['who stays listed as an attendee', {}, { userId: 'amy' }, swapped, 'amy cem', ''],
    ['in exchange', {}, { userId: 'amy', attendeeIds: ['bob', 'cem'] }, swapped, 'amy bob cem', ''],
    [
      'in exchange, at another time and resource',
      {},
      { ...later, ...elsewhere, userId: 'amy', attendeeIds: ['bob', 'cem'] },
      { ...swapped, cem: 'changed' },
      '',
      'amy bob cem',
    ],
    [
      'while all attendees leave',
      {},
      { userId: 'zoe', attendeeIds: [] },
      { ...given, amy: 'uninvited', cem: 'uninvited' },
      'zoe',
      '',
    ],
  ])('%s', async (_what, before, now, told, r1, r2) => {
    expect(await update({ ...booked, ...before }, { ...booked, ...before, ...now })).toMatchObject({ told, r1, r2 })
  })
})

describe('an old value that equals the new one', () => {
  const equal = {
    userId: 'bob',
    startsAt: '2026-05-05T12:00:00+02:00',
    endsAt: '2026-05-05T11:00:00.000Z',
    resourceId: 'r1',
    resourceName: 'Room 1',
    attendeeIds: ['cem', 'amy', 'bob', 'cem'],
  }

  it.each(Object.entries(equal))('is not a change: %s', async (field, value) => {
    const { told, r1 } = await update(booked, booked, { [field]: value })
    expect([told, r1]).toEqual([{}, 'amy bob cem'])
  })

  it('is not a change where all of them are sent', async () => {
    const { told, r1 } = await update(booked, booked, equal)
    expect([told, r1]).toEqual([{}, 'amy bob cem'])
  })

  it('is not a change where the field is absent and was absent', async () => {
    const { resourceName: _, attendeeIds: __, ...bare } = booked
    expect((await update(bare, bare, { resourceName: null, attendeeIds: null })).told).toEqual({})
    expect((await update(bare, { ...bare, attendeeIds: [] })).told).toEqual({})
    expect((await update({ ...bare, attendeeIds: ['bob'] }, bare)).told).toEqual({})
  })

  it('is not mentioned beside one that has changed', async () => {
    const { bodies } = await update(
      booked,
      { ...booked, ...elsewhere },
      { ...equal, resourceId: 'r0', resourceName: 'Room 0' },
    )
    const { bodies: exact } = await update(
      booked,
      { ...booked, ...elsewhere },
      { resourceId: 'r0', resourceName: 'Room 0' },
    )
    expect(bodies).toEqual(exact)
  })
})

it('tells each person once, in the nearest role, and ends with an audience of those who are part of the booking', async () => {
  const bookers = ['bob', 'amy', 'zoe']
  const lists = [[], ['amy'], ['bob'], ['zoe', 'zoe', 'amy'], ['zoe', 'bob', 'amy', 'dan']]
  const all = bookers.flatMap((userId) => lists.map((attendeeIds) => ({ userId, attendeeIds })))
  for (const before of all)
    for (const now of all) {
      const roleIn = ({ userId, attendeeIds }: typeof now, person: string) =>
        person === userId ? 'booker' : attendeeIds.includes(person) ? 'attendee' : 'none'
      const people = ['amy', 'bob', 'dan', 'zoe'].map(
        (person) => [person, roleIn(before, person), roleIn(now, person)] as const,
      )
      const others = people.some(
        ([, was, is]) => (was === 'none' && is === 'attendee') || (was === 'attendee' && is === 'none'),
      )
      const message = (was: string, is: string): string | undefined => {
        if (was === is) return was === 'none' || !others ? undefined : 'changed'
        if (is === 'booker') return 'confirmed'
        if (was === 'booker') return 'handedOver'
        return is === 'attendee' ? 'invited' : 'uninvited'
      }
      const expected = people.flatMap(([person, was, is]) => {
        const told = message(was, is)
        return told === undefined ? [] : [[person, told]]
      })
      const { told, r1 } = await update({ ...booked, ...before }, { ...booked, ...now })
      const members = people.filter(([, , is]) => is !== 'none').map(([person]) => person)
      expect({ before, now, told, r1 }).toEqual({
        before,
        now,
        told: Object.fromEntries(expected),
        r1: members.join(' '),
      })
    }
})
