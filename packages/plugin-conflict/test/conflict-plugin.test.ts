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
const audiences = [[managersOf('r1'), ['bob', 'mia']]] as const
const plain = (text: string | undefined) => text?.replace(/[\u202f\u00a0]/g, ' ')

describe('conflict.detected', () => {
  const event = conflict.conflictDetected.create({
    ...head,
    data: { ...about, bookings: [booked('b1', 'bob', 6), booked('b2', 'amy'), booked('b3', 'bob', 5)] },
  })

  it('tells each booker once however many of their bookings clash, and the managers, at high priority', async () => {
    const { told } = await given(conflictPlugin, { audiences }).when(event)
    expect(told).toMatchObject({
      bob: [{ type: 'conflict.clash', priority: 'high' }],
      amy: [{ type: 'conflict.clash', priority: 'high' }],
      mia: [{ type: 'conflict.clashToResolve', priority: 'high' }],
    })
    expect(Object.values(told).map((all) => all.length)).toEqual([1, 1, 1])
    expect(plain(told.bob?.[0]?.body)).toContain(
      '2 of your bookings overlap with others, the first on Tuesday, May 5, 2026, 10:00 AM UTC.',
    )
    expect(plain(told.amy?.[0]?.body)).toContain(
      'Your booking on Tuesday, May 5, 2026, 10:00 AM UTC overlaps with another.',
    )
    expect(plain(told.mia?.[0]?.body)).toContain('3 bookings overlap, the first on Tuesday, May 5, 2026, 10:00 AM UTC.')
  })
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
    const { told } = await given(conflictPlugin, { audiences, people: { mia: { locale: 'de' } } }).when(event)
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
    expect(plain(told.amy?.[0]?.body)).toContain('now begins on Thursday, May 7, 2026, 10:00 AM UTC.')
    expect(told.mia?.[0]?.body).toBe(
      '1 Buchung bleibt, 2 wurden verschoben, 1 wurde abgesagt. Sie müssen nichts weiter tun.',
    )
  })
})
