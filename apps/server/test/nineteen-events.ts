import type { CloudEvent } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import * as conflict from '@belfry/contracts/conflict'
import * as notification from '@belfry/contracts/notification'
import * as resource from '@belfry/contracts/resource'
import * as user from '@belfry/contracts/user'
import * as waitlist from '@belfry/contracts/waitlist'

/** One event of each type, in an order that makes sense, and who is told what by it (the message, once each). */
export function nineteenEvents(
  now: number,
): readonly { event: CloudEvent; told: Readonly<Record<string, string>>; withdrawn?: readonly string[] }[] {
  const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString()
  const head = (id: string) => ({ source: '/test', id })
  const when = { startsAt: at(24), endsAt: at(25) }
  const place = { bookingId: 'b1', userId: 'bob', resourceId: 'r1', resourceName: 'Room 1' }
  const whole = { ...place, ...when, attendeeIds: ['amy', 'bob', 'amy'] }
  const waiting = { waitlistId: 'w1', userId: 'cem', resourceId: 'r1', resourceName: 'Room 1', ...when }
  const person = { userId: 'bob', name: 'Bob', email: 'bob@example.org', roles: ['member'] }
  const about = { conflictId: 'c1', resourceId: 'r1', resourceName: 'Room 1' }
  return [
    {
      event: user.userCreated.create({ ...head('1'), data: { ...person, locale: 'de', timeZone: 'Europe/Berlin' } }),
      told: { bob: 'user.welcome' },
    },
    {
      event: user.userUpdated.create({
        ...head('2'),
        data: {
          ...person,
          email: 'bob@example.com',
          previous: { email: 'bob@example.org', locale: 'de', timeZone: 'Europe/Berlin' },
        },
      }),
      told: { bob: 'user.changed' },
    },
    {
      event: resource.resourceCreated.create({
        ...head('3'),
        data: { resourceId: 'r1', name: 'Room 1', kind: 'room', managerIds: ['mia', 'bob'] },
      }),
      told: { mia: 'resource.created', bob: 'resource.created' },
    },
    {
      event: booking.bookingCreated.create({ ...head('4'), data: whole }),
      told: { bob: 'booking.confirmed', amy: 'booking.invited' },
    },
    {
      event: booking.bookingUpdated.create({
        ...head('5'),
        data: {
          ...whole,
          attendeeIds: ['amy', 'dan'],
          previous: { attendeeIds: ['amy', 'bob', 'amy', 'eve'], startsAt: at(23) },
        },
      }),
      told: { bob: 'booking.changed', amy: 'booking.changed', dan: 'booking.invited', eve: 'booking.uninvited' },
    },
    {
      event: resource.resourceUpdated.create({
        ...head('6'),
        data: {
          resourceId: 'r1',
          name: 'Room 1',
          managerIds: ['mia', 'bob'],
          status: 'maintenance',
          previous: { status: 'available' },
        },
      }),
      told: {
        bob: 'resource.changed',
        amy: 'resource.changed',
        dan: 'resource.changed',
        mia: 'resource.managedChanged',
      },
    },
    {
      event: booking.bookingCheckedIn.create({ ...head('7'), data: { ...place, checkedInAt: at(0) } }),
      told: { bob: 'booking.checkedIn' },
    },
    {
      event: booking.bookingCheckedOut.create({ ...head('8'), data: { ...place, checkedOutAt: at(0) } }),
      told: { bob: 'booking.checkedOut' },
    },
    {
      event: booking.bookingNoShow.create({ ...head('9'), data: { ...place, detectedAt: at(0) } }),
      told: { bob: 'booking.missed', mia: 'booking.noShow' },
    },
    {
      event: waitlist.waitlistAdded.create({ ...head('10'), data: { ...waiting, position: 1 } }),
      told: { cem: 'waitlist.added' },
    },
    {
      event: waitlist.waitlistRemoved.create({ ...head('11'), data: { ...waiting, reason: 'filled' } }),
      told: { cem: 'waitlist.removed' },
    },
    {
      event: waitlist.waitlistPromoted.create({
        ...head('12'),
        data: { ...waiting, bookingId: 'b2', confirmBy: at(1) },
      }),
      told: { cem: 'waitlist.confirm' },
    },
    {
      event: conflict.conflictDetected.create({
        ...head('13'),
        data: {
          ...about,
          bookings: [
            { bookingId: 'b1', userId: 'bob', ...when },
            { bookingId: 'b3', userId: 'bob', ...when },
            { bookingId: 'b2', userId: 'cem', ...when },
          ],
        },
      }),
      told: { bob: 'conflict.clash', cem: 'conflict.clash', mia: 'conflict.clashToResolve' },
    },
    {
      event: conflict.conflictResolved.create({
        ...head('14'),
        data: {
          ...about,
          bookings: [
            { bookingId: 'b1', userId: 'bob', outcome: 'kept' },
            { bookingId: 'b2', userId: 'cem', outcome: 'moved', startsAt: at(30) },
          ],
        },
      }),
      told: { bob: 'conflict.kept', cem: 'conflict.movedTo', mia: 'conflict.resolved' },
    },
    {
      event: notification.notificationRequested.create({
        ...head('15'),
        data: {
          requestId: 'q1',
          to: { users: ['amy'], audiences: ['role/member'], everyone: true, except: ['mia'] },
          title: 'Hello',
          body: 'World',
        },
      }),
      told: { amy: 'notification.requested', bob: 'notification.requested' },
    },
    {
      event: notification.notificationWithdrawn.create({ ...head('16'), data: { requestId: 'q1' } }),
      told: {},
      withdrawn: ['amy', 'bob'],
    },
    {
      event: booking.bookingCancelled.create({
        ...head('17'),
        data: { ...whole, attendeeIds: ['amy', 'dan'], cancelledBy: 'amy' },
      }),
      told: { bob: 'booking.cancelled', dan: 'booking.cancelled' },
    },
    {
      event: resource.resourceDeleted.create({ ...head('18'), data: { resourceId: 'r1', name: 'Room 1' } }),
      told: { mia: 'resource.managedDeleted', bob: 'resource.managedDeleted' },
    },
    { event: user.userDeleted.create({ ...head('19'), data: { userId: 'bob' } }), told: {} },
  ]
}
