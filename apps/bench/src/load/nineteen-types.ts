import * as booking from '@belfry/contracts/booking'
import * as conflict from '@belfry/contracts/conflict'
import * as notification from '@belfry/contracts/notification'
import * as resource from '@belfry/contracts/resource'
import * as user from '@belfry/contracts/user'
import * as waitlist from '@belfry/contracts/waitlist'

/** A record and its topic. */
export interface TopicMessage {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

const HOUR_MS = 3_600_000
const PEOPLE = 500

/** Makes one event of each of the nineteen types: cycle `n` is about a booking, a resource and a person of its own, and a few of five hundred people. */
export function nineteenTypes(n: number): readonly TopicMessage[] {
  const now = Date.now()
  const at = (hours: number) => new Date(now + hours * HOUR_MS).toISOString()
  const person = (offset: number) => `u${(n + offset) % PEOPLE}`
  const head = (type: string) => ({ source: '/mix', id: `${n}:${type}` })
  const when = { startsAt: at(24), endsAt: at(25) }
  const resourceId = `room-${n}`
  const place = { bookingId: `b${n}`, userId: person(0), resourceId, resourceName: `Room ${n}` }
  const whole = { ...place, ...when, attendeeIds: [person(1), person(2)] }
  const waiting = { waitlistId: `w${n}`, userId: person(3), resourceId, resourceName: `Room ${n}`, ...when }
  const guest = { userId: `guest-${n}`, name: `Guest ${n}`, email: `guest${n}@example.org`, roles: ['member'] }
  const about = { conflictId: `c${n}`, resourceId, resourceName: `Room ${n}` }
  const room = { resourceId, name: `Room ${n}`, managerIds: [person(4), person(5)] }
  const clash = [
    { bookingId: `b${n}`, userId: person(0), ...when },
    { bookingId: `x${n}`, userId: person(6), ...when },
  ]
  const kept = { bookingId: `b${n}`, userId: person(0), outcome: 'kept' } as const
  const moved = { bookingId: `x${n}`, userId: person(6), outcome: 'moved', startsAt: at(30) } as const
  const changed = { ...whole, attendeeIds: [person(1)], previous: { attendeeIds: whole.attendeeIds, startsAt: at(23) } }
  const request = { requestId: `q${n}`, to: { users: [person(7), person(8)] }, title: 'Lunch', body: 'It is served.' }
  return [
    user.userCreated.toKafka({ ...head('1'), data: { ...guest, locale: 'de', timeZone: 'Europe/Berlin' } }),
    user.userUpdated.toKafka({ ...head('2'), data: { ...guest, previous: { email: 'old@example.org' } } }),
    resource.resourceCreated.toKafka({ ...head('3'), data: { ...room, kind: 'room' } }),
    booking.bookingCreated.toKafka({ ...head('4'), data: whole }),
    booking.bookingUpdated.toKafka({ ...head('5'), data: changed }),
    resource.resourceUpdated.toKafka({
      ...head('6'),
      data: { ...room, status: 'maintenance', previous: { status: 'available' } },
    }),
    booking.bookingCheckedIn.toKafka({ ...head('7'), data: { ...place, checkedInAt: at(0) } }),
    booking.bookingCheckedOut.toKafka({ ...head('8'), data: { ...place, checkedOutAt: at(0) } }),
    booking.bookingNoShow.toKafka({ ...head('9'), data: { ...place, detectedAt: at(0) } }),
    waitlist.waitlistAdded.toKafka({ ...head('10'), data: { ...waiting, position: 1 } }),
    waitlist.waitlistRemoved.toKafka({ ...head('11'), data: { ...waiting, reason: 'filled' } }),
    waitlist.waitlistPromoted.toKafka({ ...head('12'), data: { ...waiting, bookingId: `y${n}`, confirmBy: at(1) } }),
    conflict.conflictDetected.toKafka({ ...head('13'), data: { ...about, bookings: clash } }),
    conflict.conflictResolved.toKafka({ ...head('14'), data: { ...about, bookings: [kept, moved] } }),
    notification.notificationRequested.toKafka({ ...head('15'), data: request }),
    notification.notificationWithdrawn.toKafka({ ...head('16'), data: { requestId: `q${n}` } }),
    booking.bookingCancelled.toKafka({ ...head('17'), data: { ...whole, cancelledBy: person(1) } }),
    resource.resourceDeleted.toKafka({ ...head('18'), data: { resourceId, name: `Room ${n}` } }),
    user.userDeleted.toKafka({ ...head('19'), data: { userId: guest.userId } }),
  ].flatMap(({ messages }) => messages)
}
