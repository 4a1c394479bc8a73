import * as waitlist from '@belfry/contracts/waitlist'
import { given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { waitlistPlugin } from '../src/index.ts'

const waiting = {
  waitlistId: 'w1',
  userId: 'bob',
  resourceId: 'r1',
  resourceName: 'Room 1',
  startsAt: '2026-05-05T10:00:00Z',
  endsAt: '2026-05-05T11:00:00Z',
}
const head = { source: '/test', id: 'e1', time: '2026-05-01T08:00:00Z' }
const people = { bob: { locale: 'de', timeZone: 'Europe/Berlin' } }
const plain = (text: string | undefined) => text?.replace(/[\u2009\u202f\u00a0]/g, ' ')

describe('the waiting list', () => {
  it('tells the person who waits, with the position', async () => {
    const event = waitlist.waitlistAdded.create({ ...head, data: { ...waiting, position: 3 } })
    expect((await given(waitlistPlugin).when(event)).told).toMatchObject({
      bob: [{ title: 'Number 3 on the waiting list: Room 1', priority: 'normal', link: '/waitlist/w1' }],
    })
    const { told } = await given(waitlistPlugin, { people }).when(event)
    expect(told.bob?.[0]?.title).toBe('Platz 3 auf der Warteliste: Room 1')
    expect(plain(told.bob?.[0]?.body)).toBe(
      'Gewünschter Termin: Dienstag, 5. Mai 2026, 12:00–13:00 Uhr. Sie werden benachrichtigt, sobald Sie an der Reihe sind.',
    )
  })

  it.each([
    [
      'expired',
      'No place became available for Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC. Choose another time if you still need one.',
    ],
    [
      'resource_deleted',
      'Room 1 can no longer be booked, so your request for Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC has ended. Choose something else if you still need it.',
    ],
    [
      'filled',
      'The last place for Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC is taken. Choose another time if you still need one.',
    ],
  ] as const)('tells a person who was removed the reason: %s', async (reason, body) => {
    const { told } = await given(waitlistPlugin).when(
      waitlist.waitlistRemoved.create({ ...head, data: { ...waiting, reason } }),
    )
    expect(Object.keys(told)).toEqual(['bob'])
    expect(plain(told.bob?.[0]?.body)).toBe(body)
  })

  it('does not notify a person who left', async () => {
    expect(
      (
        await given(waitlistPlugin).when(
          waitlist.waitlistRemoved.create({ ...head, data: { ...waiting, reason: 'left' } }),
        )
      ).told,
    ).toEqual({})
  })

  it('notifies a promoted person at once, with the deadline if there is one', async () => {
    const promoted = (more: object) =>
      waitlist.waitlistPromoted.create({ ...head, data: { ...waiting, bookingId: 'b1', ...more } })
    expect((await given(waitlistPlugin).when(promoted({}))).told).toMatchObject({
      bob: [{ type: 'waitlist.promoted', priority: 'high', link: '/bookings/b1' }],
    })
    const { told } = await given(waitlistPlugin, { people }).when(promoted({ confirmBy: '2026-05-04T10:00:00Z' }))
    expect(told).toMatchObject({ bob: [{ type: 'waitlist.confirm', priority: 'high', link: '/bookings/b1' }] })
    expect(plain(told.bob?.[0]?.body)).toContain(
      'Bestätigen Sie ihn bis Montag, 4. Mai 2026 um 12:00 Uhr, sonst geht er an die nächste Person auf der Liste.',
    )
  })
})
