import type { CloudEvent } from '@belfry/contracts'
import { bookersOf, managersOf } from '@belfry/contracts/audiences'
import * as booking from '@belfry/contracts/booking'
import { given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { bookingPlugin } from '../src/index.ts'

const when = { startsAt: '2026-05-05T10:00:00Z', endsAt: '2026-05-05T11:00:00Z' }
const whole = {
  bookingId: 'b/1',
  userId: 'bob',
  resourceId: 'r1',
  resourceName: 'Room 1',
  ...when,
  attendeeIds: ['amy', 'cem'],
}
const berlin = { locale: 'de', timeZone: 'Europe/Berlin' }
let count = 0
const head = () => ({ source: '/test', id: `e${count++}`, time: '2026-05-01T08:00:00Z' })
const created = (more: Partial<typeof whole> = {}) =>
  booking.bookingCreated.create({ ...head(), data: { ...whole, ...more } })
type Updated = Parameters<typeof booking.bookingUpdated.create>[0]['data']
const updated = (previous: Updated['previous'], more: Partial<Updated> = {}) =>
  booking.bookingUpdated.create({ ...head(), data: { ...whole, ...more, previous } })
const place = { bookingId: 'b/1', userId: 'bob', resourceId: 'r1', resourceName: 'Room 1' }

/** Who was told what, by the messages' names. */
const names = (told: Readonly<Record<string, readonly { type: string }[]>>) =>
  Object.fromEntries(Object.entries(told).map(([person, all]) => [person, all.map(({ type }) => type)]))
/** Plain spaces, for comparison: ICU puts narrow no-break ones. */
const plain = (text: string | undefined) => text?.replace(/[\u2009\u202f\u00a0]/g, ' ')

describe('booking.created', () => {
  it('tells the booker and each attendee, with time and link', async () => {
    const { told } = await given(bookingPlugin, { people: { amy: berlin } }).when(created())
    expect(names(told)).toEqual({ bob: ['booking.confirmed'], amy: ['booking.invited'], cem: ['booking.invited'] })
    expect(told.bob?.[0]).toMatchObject({
      title: 'Room 1 is booked',
      link: '/bookings/b%2F1',
      priority: 'normal',
      category: 'booking',
    })
    expect(plain(told.bob?.[0]?.body)).toBe(
      'Your booking: Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC. Open it to change or cancel it.',
    )
    expect(plain(told.amy?.[0]?.body)).toBe(
      'Termin: Dienstag, 5. Mai 2026, 12:00–13:00 Uhr. Alles Weitere finden Sie in der Buchung.',
    )
  })

  it('notifies a booker who is among the attendees as the booker, and each person once', async () => {
    const { told } = await given(bookingPlugin).when(created({ attendeeIds: ['bob', 'amy', 'amy'] }))
    expect(names(told)).toEqual({ bob: ['booking.confirmed'], amy: ['booking.invited'] })
  })

  it('names the resource by its id where it has no name', async () => {
    const { resourceName: _, ...nameless } = whole
    const { told } = await given(bookingPlugin).when(booking.bookingCreated.create({ ...head(), data: nameless }))
    expect(told.bob?.[0]?.title).toBe('r1 is booked')
  })
})

describe('booking.updated', () => {
  const body = async (event: ReturnType<typeof updated>, person: string, people = {}) =>
    plain((await given(bookingPlugin, { people }).when(event)).told[person]?.[0]?.body)

  it('notifies no person when nothing has changed', async () => {
    expect((await given(bookingPlugin).when(updated({}))).told).toEqual({})
  })

  it('says from when to when', async () => {
    const event = updated({ startsAt: '2026-05-04T10:00:00Z', endsAt: '2026-05-04T10:30:00Z' })
    expect(await body(event, 'bob')).toBe(
      'New time: Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC (previously: Monday, May 4, 2026, 10:00 – 10:30 AM UTC). Open the booking for details.',
    )
    expect(await body(event, 'amy', { amy: berlin })).toBe(
      'Neuer Termin: Dienstag, 5. Mai 2026, 12:00–13:00 Uhr (bisher: Montag, 4. Mai 2026, 12:00–12:30 Uhr). Alles Weitere finden Sie in der Buchung.',
    )
  })

  it.each([
    ['another resource', { resourceId: 'r0', resourceName: 'Room 0' }, {}, 'Now booked: Room 1 (previously: Room 0). '],
    [
      'another resource, nameless before',
      { resourceId: 'r0', resourceName: null },
      {},
      'Now booked: Room 1 (previously: r0). ',
    ],
    ['a name where there was none', { resourceName: null }, {}, 'The name “Room 1” was added. '],
    ['another name', { resourceName: 'Old room' }, {}, '“Old room” is now called “Room 1”. '],
    [
      'another resource of the same name',
      { resourceId: 'r0' },
      {},
      'Now booked: Room 1 (r1) (previously: Room 1 (r0)). ',
    ],
    ['more people', { attendeeIds: ['amy'] }, {}, '1 person was invited. '],
    ['other people', { attendeeIds: ['amy', 'x', 'y'] }, {}, '1 person was invited. 2 people are no longer invited. '],
  ])('says that it is %s', async (_what, previous, more, sentence) => {
    expect(await body(updated(previous, more), 'bob')).toBe(
      `When: Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC. ${sentence}Open the booking for details.`,
    )
  })

  it('says that the resource has lost its name', async () => {
    const { resourceName: _, ...nameless } = whole
    const data = { ...nameless, previous: { resourceName: 'Room 1' } }
    expect(await body(booking.bookingUpdated.create({ ...head(), data }), 'bob')).toContain(
      'The name “Room 1” was removed. ',
    )
  })

  it('invites new attendees, notifies those who were removed, and tells the others what changed', async () => {
    const { told } = await given(bookingPlugin).when(updated({ attendeeIds: ['amy', 'dan', 'bob'] }))
    expect(names(told)).toEqual({
      bob: ['booking.changed'],
      amy: ['booking.changed'],
      cem: ['booking.invited'],
      dan: ['booking.uninvited'],
    })
  })

  it('takes attendees that were absent before as all new, and those absent now as all dropped', async () => {
    expect(names((await given(bookingPlugin).when(updated({ attendeeIds: null }))).told)).toEqual({
      bob: ['booking.changed'],
      amy: ['booking.invited'],
      cem: ['booking.invited'],
    })
    const { attendeeIds: _, ...alone } = whole
    const event = booking.bookingUpdated.create({ ...head(), data: { ...alone, previous: { attendeeIds: ['amy'] } } })
    expect(names((await given(bookingPlugin).when(event)).told)).toEqual({
      bob: ['booking.changed'],
      amy: ['booking.uninvited'],
    })
  })
})

describe('booking.cancelled', () => {
  const cancelled = (more: object = {}) => booking.bookingCancelled.create({ ...head(), data: { ...whole, ...more } })

  it('tells booker and attendees, except the one who cancelled', async () => {
    expect(names((await given(bookingPlugin).when(cancelled())).told)).toEqual({
      bob: ['booking.cancelled'],
      amy: ['booking.cancelled'],
      cem: ['booking.cancelled'],
    })
    expect(Object.keys((await given(bookingPlugin).when(cancelled({ cancelledBy: 'bob' }))).told).sort()).toEqual([
      'amy',
      'cem',
    ])
    expect(Object.keys((await given(bookingPlugin).when(cancelled({ cancelledBy: 'boss' }))).told).sort()).toEqual([
      'amy',
      'bob',
      'cem',
    ])
  })

  it('says why where it is known', async () => {
    const { told } = await given(bookingPlugin, { people: { amy: berlin } }).when(cancelled({ reason: 'Water damage' }))
    expect(plain(told.bob?.[0]?.body)).toBe(
      'The booking for Tuesday, May 5, 2026, 10:00 – 11:00 AM UTC was cancelled. Reason: “Water damage”. Choose another time if you still need one.',
    )
    expect(plain(told.amy?.[0]?.body)).toBe(
      'Die Buchung für Dienstag, 5. Mai 2026, 12:00–13:00 Uhr wurde storniert. Grund: „Water damage“. Wählen Sie bei Bedarf einen anderen Termin.',
    )
  })
})

describe('on the day', () => {
  it('tells the booker of checking in and out, with low priority', async () => {
    const checkedIn = booking.bookingCheckedIn.create({ ...head(), data: { ...place, checkedInAt: when.startsAt } })
    const checkedOut = booking.bookingCheckedOut.create({ ...head(), data: { ...place, checkedOutAt: when.endsAt } })
    expect((await given(bookingPlugin).when(checkedIn)).told).toMatchObject({
      bob: [{ type: 'booking.checkedIn', priority: 'low' }],
    })
    expect((await given(bookingPlugin).when(checkedOut)).told).toMatchObject({
      bob: [{ type: 'booking.checkedOut', priority: 'low' }],
    })
  })

  it('tells the booker of a no-show, and the managers of the resource, a managing booker once', async () => {
    const noShow = booking.bookingNoShow.create({ ...head(), data: { ...place, detectedAt: when.startsAt } })
    const { told } = await given(bookingPlugin, {
      audiences: [
        [managersOf('r1'), ['bob', 'mia']],
        [managersOf('r2'), ['max']],
      ],
    }).when(noShow)
    expect(names(told)).toEqual({ bob: ['booking.missed'], mia: ['booking.noShow'] })
  })
})

describe('the audience of bookers', () => {
  /** The members of `resource/<id>/bookers` after these events, computed from the effects, with the end of each membership. */
  const after = async (events: readonly CloudEvent[], resource: string) => {
    const effects = []
    const platform = given(bookingPlugin)
    for (const event of events) effects.push(...(await platform.when(event)).effects)
    const people = new Map<string, string | undefined>()
    for (const effect of effects) {
      if (effect.kind === 'join' && effect.audience === bookersOf(resource).audience)
        for (const person of effect.people) people.set(person, effect.until)
      if (effect.kind === 'leave' && effect.audience === bookersOf(resource).audience)
        for (const person of effect.person === undefined ? [...people.keys()] : [effect.person]) people.delete(person)
    }
    return Object.fromEntries(people)
  }

  it('holds booker and attendees until the end of the booking', async () => {
    expect(await after([created()], 'r1')).toEqual({ bob: when.endsAt, amy: when.endsAt, cem: when.endsAt })
  })

  it('is renewed, left and moved with the booking', async () => {
    const later = { endsAt: '2026-05-05T12:00:00Z' }
    expect(await after([created(), updated({ endsAt: when.endsAt }, later)], 'r1')).toEqual({
      bob: later.endsAt,
      amy: later.endsAt,
      cem: later.endsAt,
    })
    expect(await after([created(), updated({ attendeeIds: ['amy', 'cem'] }, { attendeeIds: ['amy'] })], 'r1')).toEqual({
      bob: when.endsAt,
      amy: when.endsAt,
    })
    const moved = [created(), updated({ resourceId: 'r1' }, { resourceId: 'r2' })]
    expect([await after(moved, 'r1'), await after(moved, 'r2')]).toEqual([
      {},
      { bob: when.endsAt, amy: when.endsAt, cem: when.endsAt },
    ])
  })

  it('is left when the booking is cancelled', async () => {
    const cancelled = booking.bookingCancelled.create({ ...head(), data: whole })
    expect(await after([created(), cancelled], 'r1')).toEqual({})
  })
})
