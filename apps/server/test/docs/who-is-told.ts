import type { Audience, CloudEvent } from '@belfry/contracts'
import * as contracts from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import * as conflict from '@belfry/contracts/conflict'
import * as notification from '@belfry/contracts/notification'
import * as resource from '@belfry/contracts/resource'
import * as user from '@belfry/contracts/user'
import * as waitlist from '@belfry/contracts/waitlist'
import type { AnyPlugin, Plugin } from '@belfry/core'
import { given } from '@belfry/core/testing'
import plugins from '../../src/plugins.ts'

/** One event to show, and the members of the audiences when it arrives. */
interface Example {
  readonly what: string
  readonly event: CloudEvent
  readonly audiences?: readonly (readonly [Audience, readonly string[]])[]
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
const account = (previous: Parameters<typeof user.userUpdated.create>[0]['data']['previous']) =>
  user.userUpdated.create({ ...head, data: { ...person, previous } })

/** Every way in which an event leads to notifications. */
const examples: readonly Example[] = [
  { what: 'a booking with an attendee', event: booking.bookingCreated.create({ ...head, data: whole }) },
  {
    what: 'the time has changed',
    event: updated({ startsAt: '2026-05-04T10:00:00Z', endsAt: '2026-05-04T11:00:00Z' }),
  },
  { what: 'the resource has changed', event: updated({ resourceId: 'r0', resourceName: 'Room 0' }) },
  {
    what: 'the attendees have changed',
    event: updated({ attendeeIds: ['attendee', 'dropped attendee'] }, { attendeeIds: ['attendee', 'new attendee'] }),
  },
  { what: 'nothing has changed', event: updated({}) },
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
      { bookingId: 'b1', userId: 'booker, kept', outcome: 'kept' },
      { bookingId: 'b2', userId: 'booker, moved', outcome: 'moved' },
      { bookingId: 'b3', userId: 'booker, moved to a known time', outcome: 'moved', startsAt: '2026-05-06T10:00:00Z' },
      { bookingId: 'b4', userId: 'booker, cancelled', outcome: 'cancelled' },
    ]),
    audiences: [managers],
  },
  { what: 'a new account', event: user.userCreated.create({ ...head, data: person }) },
  { what: 'the e-mail address has changed', event: account({ email: 'kim@example.com' }) },
  { what: 'the roles have changed', event: account({ roles: ['guest'] }) },
  { what: 'only the name has changed', event: account({ name: 'Kimberly' }) },
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

const readers = [
  { name: 'English, UTC', profile: { locale: 'en', timeZone: 'UTC' } },
  { name: 'German, Berlin', profile: { locale: 'de', timeZone: 'Europe/Berlin' } },
]

/** Makes docs/who-is-told.md: for every event who is told, with every text in both languages. Also returns the messages that the page shows. */
export async function whoIsToldPage(): Promise<{ page: string; shown: ReadonlySet<string> }> {
  const shown = new Set<string>()
  const sections: string[] = []
  for (const type of contracts.allContracts.map((contract) => contract.type)) {
    sections.push(`## ${type}\n`)
    for (const example of examples.filter(({ event }) => event.type === type))
      sections.push(await exampleOf(example, shown))
  }
  const intro = `# Who is told

Generated from the plugins; a test compares them. For each type of event, the page lists the people who are told and the texts that they
get, in English (for a person in UTC) and in German (for a person in Berlin). A person is told at most once of an event, in the role that
concerns them most; only conflict.resolved tells a booker once for each booking. The first column has roles instead of the names of people.
`
  return { page: `${intro}\n${sections.join('\n')}`, shown }
}

async function exampleOf({ what, event, audiences = [] }: Example, shown: Set<string>): Promise<string> {
  const plugin = plugins.find((one: AnyPlugin) =>
    Object.values(one.events).some((contract: { type?: string }) => contract.type === event.type),
  )
  if (!plugin) throw new Error(`no plugin listens to ${event.type}`)
  const everyPerson = new Set([
    ...audiences.flatMap(([, people]) => people),
    ...(JSON.stringify(event.data).match(/(?<=")[a-z][a-z ,]+(?=")/g) ?? []),
    'person with an account',
  ])
  const rows = new Map<string, string>()
  for (const { name, profile } of readers) {
    const people = Object.fromEntries([...everyPerson].map((one) => [one, profile]))
    // `plugin` listens to the type of the event, which the compiler cannot see in a list of plugins.
    const { told } = await given(plugin as Plugin, { people, audiences }).when(event)
    for (const [who, all] of Object.entries(told))
      for (const { type, title, body, priority } of all) {
        shown.add(type)
        const row = `${who} | ${type}, ${priority}`
        rows.set(
          row,
          `${rows.get(row) ?? ''}${rows.has(row) ? '<br><br>' : ''}${name}: **${title}**<br>${body}`.replace(
            /[\u202f\u00a0]/g,
            ' ',
          ),
        )
      }
  }
  if (rows.size === 0) return `**${what}**: no person is told.\n`
  return `**${what}**\n\n| who | message | text |\n| --- | --- | --- |\n${[...rows].map(([row, text]) => `| ${row} | ${text} |\n`).join('')}`
}
