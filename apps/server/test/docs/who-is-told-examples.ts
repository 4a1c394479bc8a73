import type { Audience, CloudEvent } from '@belfry/contracts'
import * as contracts from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import * as conflict from '@belfry/contracts/conflict'
import * as notification from '@belfry/contracts/notification'
import * as resource from '@belfry/contracts/resource'
import * as user from '@belfry/contracts/user'
import * as waitlist from '@belfry/contracts/waitlist'
import type { Profile } from '@belfry/core'

/** One event to show, and the members of the audiences when it arrives. */
export interface Example {
  readonly what: string
  /** The event, for a reader with this profile: an event of an account has the profile in its data. */
  readonly event: CloudEvent | ((profile: Profile) => CloudEvent)
  readonly audiences?: readonly (readonly [Audience, readonly string[]])[]
  /** How the people read; else `READERS`. */
  readonly readers?: readonly Reader[]
}

/** A way in which people read, as a column of the page. */
export interface Reader {
  readonly name: string
  readonly profile: Profile
}

const head = { source: '/example', id: 'e1', time: '2026-05-01T08:00:00Z' }
const when = { startsAt: '2026-05-05T10:00:00Z', endsAt: '2026-05-05T11:30:00Z' }
const place = { bookingId: 'b1', userId: 'booker', resourceId: 'r1', resourceName: 'Room 1' }
const whole = { ...place, ...when, attendeeIds: ['attendee'] }
const waiting = { waitlistId: 'w1', userId: 'person waiting', resourceId: 'r1', resourceName: 'Room 1', ...when }
const person = { userId: 'person', name: 'Kim', email: 'kim@example.org', roles: ['member'] }
const about = { conflictId: 'c1', resourceId: 'r1', resourceName: 'Room 1' }
const room = { resourceId: 'r1', name: 'Room 1' }
const managers = [contracts.managersOf('r1'), ['manager']] as const
const bookers = [contracts.bookersOf('r1'), ['person with an upcoming booking']] as const
const updated = (previous: Parameters<typeof booking.bookingUpdated.create>[0]['data']['previous'], more = {}) =>
  booking.bookingUpdated.create({ ...head, data: { ...whole, ...more, previous } })
const changed = (previous: Parameters<typeof resource.resourceUpdated.create>[0]['data']['previous'], more = {}) =>
  resource.resourceUpdated.create({ ...head, data: { ...room, ...more, previous } })
const removed = (reason: 'left' | 'expired' | 'resource_deleted' | 'filled') =>
  waitlist.waitlistRemoved.create({ ...head, data: { ...waiting, reason } })
const resolved = (bookings: Parameters<typeof conflict.conflictResolved.create>[0]['data']['bookings']) =>
  conflict.conflictResolved.create({ ...head, data: { ...about, bookings } })
const account = ({ locale, timeZone }: Profile) => ({
  ...person,
  ...(locale !== undefined && { locale }),
  ...(timeZone !== undefined && { timeZone }),
})
const accountChanged =
  (previous: Parameters<typeof user.userUpdated.create>[0]['data']['previous'], roles = person.roles) =>
  (profile: Profile) =>
    user.userUpdated.create({ ...head, data: { ...account(profile), roles, previous } })

/** The columns of nearly every example. */
export const READERS: readonly Reader[] = [
  { name: 'English, UTC', profile: { locale: 'en', timeZone: 'UTC' } },
  { name: 'German, Berlin', profile: { locale: 'de', timeZone: 'Europe/Berlin' } },
]
const ZONE_NOT_KNOWN: readonly Reader[] = [
  { name: 'English, time zone not known', profile: { locale: 'en' } },
  { name: 'German, time zone not known', profile: { locale: 'de' } },
]

/** A person who has an account, and whom no event of the page names. */
export const ACCOUNT = 'person with an account'

/** Every way in which an event leads to notifications. */
export const examples: readonly Example[] = [
  { what: 'a booking with an attendee', event: booking.bookingCreated.create({ ...head, data: whole }) },
  {
    what: 'the same, where the profiles of the people have no time zone',
    event: booking.bookingCreated.create({ ...head, data: whole }),
    readers: ZONE_NOT_KNOWN,
  },
  {
    what: 'the time has changed',
    event: updated({ startsAt: '2026-05-04T10:00:00Z', endsAt: '2026-05-04T11:00:00Z' }),
  },
  { what: 'the resource has changed', event: updated({ resourceId: 'r0', resourceName: 'Room 0' }) },
  { what: 'the resource has another name', event: updated({ resourceName: 'Old room' }) },
  {
    what: 'the attendees have changed',
    event: updated({ attendeeIds: ['attendee', 'dropped attendee'] }, { attendeeIds: ['attendee', 'new attendee'] }),
  },
  {
    what: 'it was given to another person',
    event: updated({ userId: 'former booker' }),
  },
  {
    what: 'it was given to another person, at another time, and the former booker stays as an attendee',
    event: updated(
      { userId: 'former booker', startsAt: '2026-05-04T10:00:00Z', endsAt: '2026-05-04T11:00:00Z' },
      { attendeeIds: ['attendee', 'former booker'] },
    ),
  },
  { what: 'nothing has changed', event: updated({}) },
  {
    what: 'the old values equal the new ones',
    event: updated({ startsAt: '2026-05-05T12:00:00+02:00', attendeeIds: ['attendee', 'attendee'] }),
  },
  {
    what: 'cancelled by another person, with a reason',
    event: booking.bookingCancelled.create({
      ...head,
      data: { ...whole, cancelledBy: 'manager', reason: 'Water damage' },
    }),
  },
  {
    what: 'cancelled by the booker',
    event: booking.bookingCancelled.create({ ...head, data: { ...whole, cancelledBy: 'booker' } }),
  },
  {
    what: 'checked in',
    event: booking.bookingCheckedIn.create({ ...head, data: { ...place, checkedInAt: when.startsAt } }),
  },
  {
    what: 'checked out',
    event: booking.bookingCheckedOut.create({ ...head, data: { ...place, checkedOutAt: when.endsAt } }),
  },
  {
    what: 'the booker did not come',
    event: booking.bookingNoShow.create({ ...head, data: { ...place, detectedAt: when.startsAt } }),
    audiences: [managers],
  },
  { what: 'on the list', event: waitlist.waitlistAdded.create({ ...head, data: { ...waiting, position: 3 } }) },
  { what: 'left', event: removed('left') },
  { what: 'expired', event: removed('expired') },
  { what: 'resource deleted', event: removed('resource_deleted') },
  { what: 'filled', event: removed('filled') },
  { what: 'promoted', event: waitlist.waitlistPromoted.create({ ...head, data: { ...waiting, bookingId: 'b1' } }) },
  {
    what: 'promoted, with a deadline',
    event: waitlist.waitlistPromoted.create({
      ...head,
      data: { ...waiting, bookingId: 'b1', confirmBy: '2026-05-04T10:00:00Z' },
    }),
  },
  {
    what: 'two bookings of one booker overlap with another',
    event: conflict.conflictDetected.create({
      ...head,
      data: {
        ...about,
        bookings: [
          { bookingId: 'b1', userId: 'booker of two', ...when },
          { bookingId: 'b2', userId: 'booker of two', ...when },
          { bookingId: 'b3', userId: 'booker of one', ...when },
        ],
      },
    }),
    audiences: [managers],
  },
  {
    what: 'each booking with its outcome',
    event: resolved([
      { bookingId: 'b1', userId: 'booker (kept)', outcome: 'kept' },
      { bookingId: 'b2', userId: 'booker (moved)', outcome: 'moved' },
      { bookingId: 'b3', userId: 'booker (moved, the times are known)', outcome: 'moved', ...when },
      { bookingId: 'b4', userId: 'booker (cancelled)', outcome: 'cancelled' },
    ]),
    audiences: [managers],
  },
  {
    what: 'the times of bookings are known that are kept or cancelled',
    event: resolved([
      { bookingId: 'b1', userId: 'booker (kept)', outcome: 'kept', ...when },
      { bookingId: 'b2', userId: 'booker (cancelled)', outcome: 'cancelled', ...when },
    ]),
  },
  { what: 'a new account', event: (profile) => user.userCreated.create({ ...head, data: account(profile) }) },
  { what: 'the e-mail address has changed', event: accountChanged({ email: 'kim@example.com' }) },
  { what: 'the roles have changed', event: accountChanged({ roles: ['guest'] }) },
  {
    what: 'many roles were added',
    event: accountChanged({ roles: [] }, ['cleaner', 'guest', 'host', 'member', 'warden']),
  },
  { what: 'only the name has changed', event: accountChanged({ name: 'Kimberly' }) },
  { what: 'erased', event: user.userDeleted.create({ ...head, data: { userId: 'person' } }) },
  {
    what: 'a new resource',
    event: resource.resourceCreated.create({
      ...head,
      data: { ...room, kind: 'meeting room', location: 'Level 2', managerIds: ['manager'] },
    }),
  },
  {
    what: 'name, place and status have changed',
    event: changed(
      { name: 'Old room', location: 'Level 1', status: 'available' },
      { location: 'Level 2', status: 'maintenance' },
    ),
    audiences: [managers, bookers],
  },
  {
    what: 'it can be used again',
    event: changed({ status: 'maintenance' }, { status: 'available' }),
    audiences: [managers, bookers],
  },
  {
    what: 'the kind has changed',
    event: changed({ kind: 'meeting room' }, { kind: 'hall' }),
    audiences: [managers, bookers],
  },
  {
    what: 'the managers have changed',
    event: changed({ managerIds: ['manager', 'dropped manager'] }, { managerIds: ['manager', 'new manager'] }),
    audiences: [managers, bookers],
  },
  {
    what: 'deleted, without a reason',
    event: resource.resourceDeleted.create({ ...head, data: room }),
    audiences: [managers, bookers],
  },
  {
    what: 'deleted, with a reason',
    event: resource.resourceDeleted.create({ ...head, data: { ...room, reason: 'Water damage' } }),
    audiences: [managers, bookers],
  },
  {
    what: "in the requester's words",
    event: notification.notificationRequested.create({
      ...head,
      data: {
        requestId: 'q1',
        to: { users: ['person named'], audiences: ['role/member'], everyone: true, except: ['person excepted'] },
        title: 'Fire drill',
        body: 'On Monday at ten.',
      },
    }),
    audiences: [[contracts.withRole('member'), ['person in a named audience', 'person excepted']]],
  },
  { what: 'withdrawn', event: notification.notificationWithdrawn.create({ ...head, data: { requestId: 'q1' } }) },
]
