import { describe, expect, expectTypeOf, it } from 'vitest'
import { bookersOf } from '../../src/audiences.ts'
import * as booking from '../../src/events/booking.ts'
import * as conflict from '../../src/events/conflict.ts'
import * as notification from '../../src/events/notification.ts'
import * as resource from '../../src/events/resource.ts'
import * as user from '../../src/events/user.ts'
import * as waitlist from '../../src/events/waitlist.ts'
import { allContracts, type DataOf, type ResourceId, type Time, type UserId } from '../../src/index.ts'

const times = { startsAt: '2026-05-01T10:00:00Z', endsAt: '2026-05-01T11:00:00+02:00' }
const ordered = { startsAt: '2026-05-01T10:00:00Z', endsAt: '2026-05-01T11:00:00Z' }
const place = { bookingId: 'b', userId: 'u', resourceId: 'r' }
const whole = { ...place, ...ordered }
const waiting = { waitlistId: 'w', userId: 'u', resourceId: 'r', ...ordered }
const person = { userId: 'u', name: 'N', email: 'n@example.org', roles: ['admin'] }
const clash = { bookingId: 'b', userId: 'u', ...ordered }

/** For each contract the least that it takes, and what it must not take. */
const table: readonly [contract: { readonly type: string }, good: object, bad: readonly object[]][] = [
  [
    booking.bookingCreated,
    whole,
    [
      place,
      { ...whole, ...times },
      { ...whole, userId: '' },
      { ...whole, resourceName: 'x'.repeat(201) },
      { ...whole, attendeeIds: Array(501).fill('u') },
    ],
  ],
  [
    booking.bookingUpdated,
    { ...whole, previous: { userId: 'u2' } },
    [whole, { ...whole, previous: { userId: '' } }, { ...whole, previous: { attendeeIds: 'u' } }],
  ],
  [
    booking.bookingCancelled,
    { ...whole, cancelledBy: 'u', reason: 'r' },
    [
      { ...whole, reason: '' },
      { ...whole, cancelledBy: 7 },
      { ...whole, reason: 'x'.repeat(2_001) },
    ],
  ],
  [
    booking.bookingCheckedIn,
    { ...place, checkedInAt: ordered.startsAt },
    [place, { ...place, checkedInAt: '2026-05-01' }],
  ],
  [booking.bookingCheckedOut, { ...place, checkedOutAt: ordered.startsAt }, [place]],
  [booking.bookingNoShow, { ...place, detectedAt: ordered.startsAt }, [place]],
  [
    waitlist.waitlistAdded,
    { ...waiting, position: 1 },
    [waiting, { ...waiting, position: 0 }, { ...waiting, position: 1.5 }],
  ],
  [waitlist.waitlistRemoved, { ...waiting, reason: 'filled' }, [waiting, { ...waiting, reason: 'bored' }]],
  [
    waitlist.waitlistPromoted,
    { ...waiting, bookingId: 'b' },
    [waiting, { ...waiting, bookingId: 'b', confirmBy: 'soon' }],
  ],
  [
    conflict.conflictDetected,
    { conflictId: 'c', resourceId: 'r', bookings: [clash] },
    [
      { conflictId: 'c', resourceId: 'r', bookings: [] },
      { conflictId: 'c', resourceId: 'r', bookings: Array(101).fill(clash) },
    ],
  ],
  [
    conflict.conflictResolved,
    { conflictId: 'c', resourceId: 'r', bookings: [{ bookingId: 'b', userId: 'u', outcome: 'kept' }] },
    [{ conflictId: 'c', resourceId: 'r', bookings: [{ bookingId: 'b', userId: 'u', outcome: 'lost' }] }],
  ],
  [
    user.userCreated,
    { ...person, locale: 'de-AT', timeZone: 'Europe/Vienna' },
    [
      { ...person, locale: 'en_US' },
      { ...person, timeZone: 'Mars/Olympus' },
      { ...person, email: 'n' },
      { ...person, roles: 'admin' },
    ],
  ],
  [user.userUpdated, { ...person, previous: { locale: null } }, [person, { ...person, previous: null }]],
  [user.userDeleted, { userId: 'u' }, [{}, { userId: 'u\u0007' }]],
  [
    resource.resourceCreated,
    { resourceId: 'r', name: 'N', kind: 'room', managerIds: [] },
    [
      { resourceId: 'r', name: 'N', kind: 'room' },
      { resourceId: 'r', name: '', kind: 'room', managerIds: [] },
    ],
  ],
  [
    resource.resourceUpdated,
    { resourceId: 'r', name: 'N', previous: { location: null, status: 'retired' } },
    [
      { resourceId: 'r', name: 'N' },
      { resourceId: 'r', name: 'N', status: 'broken', previous: {} },
    ],
  ],
  [resource.resourceDeleted, { resourceId: 'r', name: 'N' }, [{ resourceId: 'r' }]],
  [
    notification.notificationRequested,
    { requestId: 'q', to: {}, title: 'T', body: 'B' },
    [
      { requestId: 'q', title: 'T', body: 'B' },
      { requestId: 'q', to: { users: 'u' }, title: 'T', body: 'B' },
      { requestId: 'q', to: {}, title: 'T', body: 'B', link: 'javascript:alert(1)' },
      { requestId: 'q', to: {}, title: 'T', body: 'B', priority: 'urgent' },
    ],
  ],
  [notification.notificationWithdrawn, { requestId: 'q' }, [{}]],
]

describe('the nineteen contracts', () => {
  it('are all there, once each, by the name that their type has in camel case', () => {
    expect(new Set(allContracts.map(({ type }) => type)).size).toBe(19)
    expect(table.map(([contract]) => contract.type).sort()).toEqual(allContracts.map(({ type }) => type).sort())
    for (const domain of [booking, waitlist, conflict, user, resource, notification])
      for (const [name, contract] of Object.entries(domain))
        expect(name).toBe(contract.type.replace(/[._](\w)/g, (_all: string, letter: string) => letter.toUpperCase()))
  })

  for (const [{ type }, good, bad] of table) {
    const contract = allContracts.find((one) => one.type === type)
    const checked = (data: object) => contract?.check({ specversion: '1.0', id: '1', source: '/s', type, data }).ok
    it(`${type} takes what it should, unknown fields included, and nothing else`, () => {
      expect(checked({ ...good, somethingNew: { a: [1] } })).toBe(true)
      for (const data of bad) expect(checked(data), JSON.stringify(data).slice(0, 200)).toBe(false)
    })
  }
})

describe('the previous of an updated event', () => {
  it.each([booking.bookingUpdated, user.userUpdated, resource.resourceUpdated])(
    'has a field for each of $type that can change, in its JSON Schema too',
    ({ schema, key }) => {
      const { previous, ...fields }: Record<string, { readonly properties?: object }> = schema.properties
      expect(Object.keys(previous?.properties ?? {}).sort()).toEqual(
        Object.keys(fields)
          .filter((name) => name !== key)
          .sort(),
      )
    },
  )
})

describe('a mistake', () => {
  const message = (make: () => unknown) => {
    try {
      make()
    } catch (error) {
      return error instanceof Error ? error.message : error
    }
    return 'none'
  }
  /** As a producer in plain JavaScript would: no compiler has seen it. */
  const create = (data: object, more: object = {}) =>
    message(() => Reflect.apply(booking.bookingCreated.create, undefined, [{ source: '/s', id: '1', data, ...more }]))

  it('is named with all others, with what was found, what was expected and what was probably meant', () => {
    const { userId: _, ...rest } = whole
    expect(create({ ...rest, user_id: 'u', startsAt: 'tomorrow' })).toBe(
      'EVENT_INVALID: booking.created: data.userId is missing (found user_id, did you mean that?); data.startsAt is "tomorrow", expected RFC 3339 with seconds and an offset, such as 2026-05-01T10:00:00Z',
    )
  })

  it('in an attribute is named too', () => {
    expect(create(whole, { id: '', source: 'x'.repeat(513), time: 'now' })).toBe(
      `EVENT_INVALID: booking.created: id is "", expected 1 to 256 characters; source is "${'x'.repeat(57)}…", expected 1 to 512 characters; time is "now", expected RFC 3339 with seconds and an offset, such as 2026-05-01T10:00:00Z`,
    )
  })

  it.each([
    '2016-12-31T23:59:60Z',
    '2026-02-30T10:00:00Z',
    '2026-05-01T10:00:00',
    '0000-05-01T10:00:00Z',
    '9999-12-31T23:59:59-10:00',
  ])('of time, %s, is seen', (endsAt) => {
    expect(create({ ...whole, startsAt: '0001-06-01T00:00:00Z', endsAt })).toMatch(
      /data\.endsAt is .*, expected RFC 3339/,
    )
  })

  it('of order is seen', () => {
    expect(create({ ...whole, endsAt: whole.startsAt })).toBe(
      'EVENT_INVALID: booking.created: data.endsAt is "2026-05-01T10:00:00Z", expected a time after startsAt (2026-05-01T10:00:00Z)',
    )
  })

  it.each([
    ['NUL', { ...whole, resourceName: 'a\0' }, '/data/resourceName'],
    ['half a surrogate pair', { ...whole, more: { deep: ['\ud800'] } }, '/data/more/deep/0'],
    ['NUL in a key', { ...whole, more: { 'a\0': 1 } }, '/data/more'],
  ])('that the store cannot keep, %s, is found anywhere', (_what, data, path) => {
    const checked = booking.bookingCreated.check({
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 'booking.created',
      data,
    })
    expect(checked.ok ? [] : checked.problems.map((problem) => problem.path)).toContain(path)
  })
})

describe('a producer', () => {
  it('gets what Kafka clients send', () => {
    expect(
      booking.bookingCreated.toKafka({ source: '/s', id: '1', time: '2026-05-01T08:00:00Z', data: whole }),
    ).toEqual({
      topic: 'booking',
      messages: [
        {
          topic: 'booking',
          key: 'b',
          value: JSON.stringify(whole),
          headers: {
            ce_specversion: '1.0',
            ce_id: '1',
            ce_source: '/s',
            ce_type: 'booking.created',
            ce_time: '2026-05-01T08:00:00Z',
            'content-type': 'application/json',
          },
        },
      ],
    })
  })

  it('gives read-only lists and rows with nulls, as the compiler knows', () => {
    const attendeeIds: readonly string[] = ['a']
    const row: { readonly resourceName: string | null; readonly time: string | null } = {
      resourceName: null,
      time: null,
    }
    const { time } = row
    const head = { source: '/s', id: '1', time }
    const { data } = booking.bookingCreated.create({
      ...head,
      data: { ...whole, attendeeIds, resourceName: row.resourceName },
    })
    expectTypeOf(data.attendeeIds).toEqualTypeOf<UserId[] | undefined>()
    expect(data).toEqual({ ...whole, attendeeIds })

    const bookings: readonly {
      readonly bookingId: string
      readonly userId: string
      readonly startsAt: string
      readonly endsAt: string
    }[] = [clash]
    conflict.conflictDetected.create({ ...head, data: { conflictId: 'c', resourceId: 'r', bookings } })
    notification.notificationRequested.create({
      ...head,
      data: { requestId: 'q', to: { users: attendeeIds, audiences: null, except: [] as const }, title: 'T', body: 'B' },
    })
    user.userUpdated.create({ ...head, data: { ...person, roles: attendeeIds, previous: { roles: attendeeIds } } })
    booking.bookingUpdated.create({ ...head, data: { ...whole, previous: { attendeeIds, resourceName: null } } })
    // @ts-expect-error a required field is not null
    expect(() => booking.bookingCreated.create({ ...head, data: { ...whole, userId: null } })).toThrow('EVENT_INVALID')
    // @ts-expect-error what a booking always has was never absent
    booking.bookingUpdated.create({ ...head, data: { ...whole, previous: { startsAt: null } } })
  })

  it('gets messages that the types of the clients take', () => {
    const { topic, messages } = booking.bookingCreated.toKafka({ source: '/s', id: '1', data: whole })
    // As kafkajs, Confluent's client and @platformatic/kafka declare them.
    const forKafkaJs: {
      topic: string
      messages: { key?: string | null; value: string | null; headers?: { [key: string]: string | undefined } }[]
    } = { topic, messages }
    const forPlatformatic: {
      messages: {
        topic: string
        key?: string
        value?: string
        headers?: Map<string, string> | Record<string, string>
      }[]
    } = { messages }
    expect([forKafkaJs.topic, forPlatformatic.messages[0]?.topic]).toEqual(['booking', 'booking'])
  })

  it('in another language gets a JSON Schema', () => {
    expect(JSON.parse(JSON.stringify(user.userDeleted.schema))).toEqual({
      title: 'user.deleted',
      type: 'object',
      required: ['userId'],
      properties: {
        userId: {
          type: 'string',
          minLength: 1,
          maxLength: 128,
          pattern: expect.stringMatching(/^\^\[.*\]\*\$$/),
          description: 'an id of 1 to 128 printable characters, not only dots',
        },
      },
    })
  })

  it('is told by the compiler when one id stands for another', () => {
    expectTypeOf<DataOf<typeof booking.bookingCreated>['userId']>().toEqualTypeOf<UserId>()
    expectTypeOf<string>().toExtend<UserId>()
    expectTypeOf<ResourceId>().not.toExtend<UserId>()
    expectTypeOf<UserId>().not.toExtend<Time>()
    const data: DataOf<typeof booking.bookingCreated> = whole
    // @ts-expect-error a person is not a resource
    bookersOf(data.userId)
    expect(bookersOf(data.resourceId)).toEqual({ audience: 'resource/r/bookers' })
  })
})
