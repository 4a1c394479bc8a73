import { managersOf } from '@belfry/contracts/audiences'
import * as conflict from '@belfry/contracts/conflict'
import { given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { conflictPlugin } from '../src/index.ts'

const head = { source: '/test', id: 'e1', time: '2026-05-01T08:00:00Z' }
const about = { conflictId: 'c1', resourceId: 'r1', resourceName: 'Room 1' }
const booked = (bookingId: string, userId: string, day = 5) => ({
  bookingId,
  userId,
  startsAt: `2026-05-0${day}T10:00:00Z`,
  endsAt: `2026-05-0${day}T11:00:00Z`,
})
const utc = { locale: 'en', timeZone: 'UTC' }
const audiences = [[managersOf('r1'), ['bob', 'mia']]] as const
const plain = (text: string | undefined) => text?.replace(/[\u2009\u202f\u00a0]/g, ' ')

describe('conflict.detected', () => {
  const event = conflict.conflictDetected.create({
    ...head,
    data: { ...about, bookings: [booked('b1', 'bob', 6), booked('b2', 'amy'), booked('b3', 'bob', 5)] },
  })

  it('tells each booker once however many of their bookings clash, and the managers, at high priority', async () => {
    const { told } = await given(conflictPlugin, { audiences, people: { bob: utc, amy: utc, mia: utc } }).when(event)
    expect(told).toMatchObject({
      bob: [{ type: 'conflict.clash', priority: 'high' }],
      amy: [{ type: 'conflict.clash', priority: 'high' }],
      mia: [{ type: 'conflict.clashToResolve', priority: 'high' }],
    })
    expect(Object.values(told).map((all) => all.length)).toEqual([1, 1, 1])
    expect(plain(told.bob?.[0]?.body)).toContain(
      '2 of your bookings are in conflict, the first for Tuesday, May 5, 2026, 10:00 – 11:00 AM.',
    )
    expect(plain(told.amy?.[0]?.body)).toContain(
      'Your booking for Tuesday, May 5, 2026, 10:00 – 11:00 AM is in conflict with another.',
    )
    expect(plain(told.mia?.[0]?.body)).toContain(
      '3 bookings overlap, the first for Tuesday, May 5, 2026, 10:00 – 11:00 AM.',
    )
  })
})

it('counts a booking that an event has twice once', async () => {
  const detected = conflict.conflictDetected.create({
    ...head,
    data: { ...about, bookings: [booked('b1', 'bob'), booked('b1', 'bob'), booked('b2', 'amy')] },
  })
  const people = { bob: utc }
  const { told } = await given(conflictPlugin, { audiences, people }).when(detected)
  expect(told.bob?.[0]?.body).toMatch(/^Your booking for /)
  expect(told.mia?.[0]?.body).toMatch(/^2 bookings overlap/)
  const resolved = conflict.conflictResolved.create({
    ...head,
    id: 'e2',
    data: {
      ...about,
      bookings: [
        { bookingId: 'b1', userId: 'bob', outcome: 'kept' },
        { bookingId: 'b1', userId: 'bob', outcome: 'kept' },
      ],
    },
  })
  const after = (await given(conflictPlugin, { audiences }).when(resolved)).told
  expect(after.bob?.map(({ type }) => type)).toEqual(['conflict.kept'])
  expect(after.mia?.[0]?.body).toMatch(/^Bookings: 1 kept, 0 moved, 0 cancelled/)
})

describe('conflict.resolved', () => {
  const event = conflict.conflictResolved.create({
    ...head,
    data: {
      ...about,
      bookings: [
        { bookingId: 'b1', userId: 'bob', outcome: 'kept' },
        { bookingId: 'b2', userId: 'amy', outcome: 'moved', startsAt: '2026-05-07T10:00:00Z' },
        { bookingId: 'b3', userId: 'bob', outcome: 'cancelled' },
        { bookingId: 'b4', userId: 'amy', outcome: 'moved' },
      ],
    },
  })

  it("tells each booking's booker that booking's outcome, and the managers once, with a summary", async () => {
    const { told } = await given(conflictPlugin, {
      audiences,
      people: { amy: utc, bob: utc, mia: { locale: 'de' } },
    }).when(event)
    const types = Object.fromEntries(
      Object.entries(told).map(([person, all]) => [person, all.map(({ type, link }) => [type, link])]),
    )
    expect(types).toEqual({
      bob: [
        ['conflict.kept', '/bookings/b1'],
        ['conflict.cancelled', '/bookings/b3'],
      ],
      amy: [
        ['conflict.movedTo', '/bookings/b2'],
        ['conflict.moved', '/bookings/b4'],
      ],
      mia: [['conflict.resolved', '/conflicts/c1']],
    })
    expect(plain(told.amy?.[0]?.body)).toContain('New time: Thursday, May 7, 2026 at 10:00 AM.')
    expect(told.mia?.[0]?.body).toBe(
      'Buchungen: 1 unverändert, 2 verschoben, 1 storniert. Sie müssen nichts weiter tun.',
    )
  })
  it.each([
    ['kept', {}, 'The conflict is resolved, and your booking stays as it was.'],
    ['kept', booked('b1', 'bob'), 'and your booking for Tuesday, May 5, 2026, 10:00 – 11:00 AM stays as it was.'],
    ['moved', {}, 'Open your booking to see the new time.'],
    ['moved', { startsAt: '2026-05-05T10:00:00Z' }, 'New time: Tuesday, May 5, 2026 at 10:00 AM.'],
    ['moved', booked('b1', 'bob'), 'New time: Tuesday, May 5, 2026, 10:00 – 11:00 AM.'],
    ['cancelled', {}, 'Your booking was cancelled'],
    ['cancelled', booked('b1', 'bob'), 'Your booking for Tuesday, May 5, 2026, 10:00 – 11:00 AM was cancelled'],
    // The end alone does not give a time, and no contract requires that the end is after the start.
    ['moved', { endsAt: '2026-05-05T10:00:00Z' }, 'Open your booking to see the new time.'],
    [
      'moved',
      { startsAt: '2026-05-05T10:00:00Z', endsAt: '2026-05-05T09:00:00Z' },
      'New time: Tuesday, May 5, 2026 at 10:00 AM.',
    ],
  ] as const)('has the time of a booking that was %s as far as it is known: %o', async (outcome, times, sentence) => {
    const bookings = [{ bookingId: 'b1', userId: 'bob', ...times, outcome }]
    const resolved = conflict.conflictResolved.create({ ...head, data: { ...about, bookings } })
    const { told } = await given(conflictPlugin, { people: { bob: utc } }).when(resolved)
    expect(plain(told.bob?.[0]?.body)).toContain(sentence)
  })
})
