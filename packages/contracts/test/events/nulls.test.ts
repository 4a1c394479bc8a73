import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { bookingCreated, bookingUpdated } from '../../src/events/booking.ts'
import { conflictResolved } from '../../src/events/conflict.ts'
import { notificationRequested } from '../../src/events/notification.ts'
import { resourceUpdated } from '../../src/events/resource.ts'
import { userUpdated } from '../../src/events/user.ts'
import { type Contract, decodeHttp, decodeRecord, defineEvent, encodeHttp, encodeRecord } from '../../src/index.ts'
import { anyEvent } from '../codec/any-event.ts'

const times = { startsAt: '2026-05-01T10:00:00Z', endsAt: '2026-05-01T11:00:00Z' }
const booking = { bookingId: 'b', userId: 'u', resourceId: 'r', ...times }
const head = { specversion: '1.0', id: '1', source: '/s' } as const

/** The data that handlers get, or the problems. */
function read({ type, check }: Contract, data: object): unknown {
  const checked = check({ ...head, type, data })
  return checked.ok ? checked.event.data : checked.problems
}

describe('null for an optional field', () => {
  it.each<[string, Contract, given: object, got: object]>([
    ['at the top', bookingCreated, { ...booking, resourceName: null, attendeeIds: null }, booking],
    [
      'in an object',
      notificationRequested,
      {
        requestId: 'q',
        to: { users: null, audiences: null, everyone: null, except: null },
        title: 'T',
        body: 'B',
        link: null,
      },
      { requestId: 'q', to: {}, title: 'T', body: 'B' },
    ],
    [
      'in the objects of a list',
      conflictResolved,
      {
        conflictId: 'c',
        resourceId: 'r',
        bookings: [
          { bookingId: 'b1', userId: 'u', outcome: 'kept', startsAt: null, endsAt: null },
          { bookingId: 'b2', userId: 'u', outcome: 'moved', ...times },
        ],
      },
      {
        conflictId: 'c',
        resourceId: 'r',
        bookings: [
          { bookingId: 'b1', userId: 'u', outcome: 'kept' },
          { bookingId: 'b2', userId: 'u', outcome: 'moved', ...times },
        ],
      },
    ],
  ])('%s is as if it were absent', (_where, contract, given, got) => {
    expect(read(contract, given)).toEqual(got)
  })

  it('is absent before the rules of the contract are checked', () => {
    const data = { requestId: 'q', to: {}, title: 'T', body: 'B' }
    expect(read(notificationRequested, { ...data, link: null })).toEqual(data)
    expect(read(bookingCreated, { ...booking, resourceName: null, endsAt: booking.startsAt })).toEqual([
      {
        path: '/data/endsAt',
        message: 'is "2026-05-01T10:00:00Z", expected a time after startsAt (2026-05-01T10:00:00Z)',
      },
    ])
  })

  it('stays in fields that the contract does not have', () => {
    const more = { theirs: null, deep: { theirs: null }, list: [null] }
    expect(read(bookingCreated, { ...booking, resourceName: null, ...more })).toEqual({ ...booking, ...more })
  })

  it('is not taken for a required field, nor in a list, and the problem names no other null', () => {
    expect(read(bookingCreated, { ...booking, userId: null, resourceName: null, attendeeIds: ['a', null] })).toEqual([
      { path: '/data/userId', message: 'is null, expected an id of 1 to 128 printable characters, not only dots' },
      {
        path: '/data/attendeeIds/1',
        message: 'is null, expected an id of 1 to 128 printable characters, not only dots',
      },
    ])
    expect(read(bookingUpdated, { ...booking, previous: null })).toEqual([
      { path: '/data/previous', message: 'is null, expected an object' },
    ])
  })

  it('does not change the data that was given, which may be frozen', () => {
    const given = Object.freeze({ ...booking, resourceName: null })
    expect(read(bookingCreated, given)).toEqual(booking)
    expect(given.resourceName).toBe(null)
  })
})

describe('null in previous', () => {
  it('is kept for a field that can have been absent', () => {
    const previous = { resourceName: null, attendeeIds: null }
    expect(read(bookingUpdated, { ...booking, previous })).toEqual({ ...booking, previous })
    const room = { resourceId: 'r', name: 'N' }
    const was = { kind: null, location: null, managerIds: null, status: null }
    expect(read(resourceUpdated, { ...room, location: null, previous: was })).toEqual({ ...room, previous: was })
  })

  it('of a field that cannot have been absent shows that null means unset there, so that nothing is said to have changed', () => {
    const unset = {
      userId: null,
      startsAt: null,
      endsAt: null,
      resourceId: null,
      resourceName: null,
      attendeeIds: null,
    }
    expect(read(bookingUpdated, { ...booking, previous: unset })).toEqual({ ...booking, previous: {} })
    const startsAt = '2026-05-01T09:00:00Z'
    expect(read(bookingUpdated, { ...booking, previous: { ...unset, startsAt } })).toEqual({
      ...booking,
      previous: { startsAt },
    })
    const person = { userId: 'u', name: 'N', email: 'n@example.org', roles: [] }
    expect(read(userUpdated, { ...person, previous: { email: null, locale: null, theirs: null } })).toEqual({
      ...person,
      previous: { theirs: null },
    })
  })
})

describe('an event with nulls in previous', () => {
  const contracts = new Map([[bookingUpdated.type, bookingUpdated]])
  const formsOf = (previous: object) => {
    const value = JSON.stringify({
      ...head,
      type: 'booking.updated',
      data: { ...booking, resourceName: null, previous },
    })
    const headers = { 'content-type': 'application/cloudevents+json' }
    const record = { key: null, value: new TextEncoder().encode(value), headers, timestamp: 0 }
    const decoded = decodeRecord(record, contracts)
    const http = decodeHttp({ headers, body: value }, contracts, { acceptedAt: times.startsAt, maxBatch: 1 })
    return [decoded.kind === 'event' && decoded.forms, http.ok && http.events[0]?.forms]
  }

  it('is noticed where they mean unset, from Kafka and over HTTP, and not where a value was absent', () => {
    expect(formsOf({ startsAt: null, resourceName: null })).toEqual([['unset_previous'], ['unset_previous']])
    expect(formsOf({ startsAt: times.startsAt, resourceName: null })).toEqual([undefined, undefined])
    expect(formsOf({ theirs: null })).toEqual([undefined, undefined])
  })
})

describe('a contract of a plugin', () => {
  const Part = Type.Object({ name: Type.String(), note: Type.Optional(Type.String()) })
  const parcel = defineEvent({
    type: 'parcel.sent',
    topic: 'parcel',
    key: 'parcelId',
    data: Type.Object({
      parcelId: Type.String(),
      note: Type.Optional(Type.String()),
      nullable: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      anything: Type.Optional(Type.Unknown()),
      part: Type.Optional(Part),
      byName: Type.Optional(Type.Record(Type.String(), Part)),
      pair: Type.Optional(Type.Tuple([Part, Type.Integer()])),
      both: Type.Optional(Type.Intersect([Part, Type.Object({ more: Type.Optional(Part) })])),
      oneOf: Type.Optional(
        Type.Union([
          Type.Object({ kind: Type.Literal('a'), note: Type.Union([Type.String(), Type.Null()]) }),
          Type.Object({ kind: Type.Literal('b'), note: Type.Optional(Type.String()) }),
        ]),
      ),
      tree: Type.Optional(
        Type.Cyclic(
          { Node: Type.Object({ next: Type.Optional(Type.Ref('Node')), note: Type.Optional(Type.String()) }) },
          'Node',
        ),
      ),
    }),
  })
  const part = { name: 'P' }
  const withNull = { name: 'P', note: null }

  it.each<[string, given: object, got: object]>([
    ['a field', { note: null, part: null, byName: null, tree: null }, {}],
    ['a field of an object', { part: withNull }, { part }],
    ['a field of the objects of a record', { byName: { a: withNull, b: part } }, { byName: { a: part, b: part } }],
    ['a field in a tuple', { pair: [withNull, 1] }, { pair: [part, 1] }],
    ['a field of an intersection', { both: { ...withNull, more: withNull } }, { both: { ...part, more: part } }],
    ['a field of a choice', { oneOf: { kind: 'b', note: null } }, { oneOf: { kind: 'b' } }],
    ['a field of a tree', { tree: { note: null, next: { next: null, note: 'n' } } }, { tree: { next: { note: 'n' } } }],
  ])('reads null for %s as absent', (_what, given, got) => {
    expect(read(parcel, { parcelId: 'p', ...given })).toEqual({ parcelId: 'p', ...got })
  })

  it('keeps null where the schema of the field accepts it', () => {
    const kept = { nullable: null, anything: null, oneOf: { kind: 'a', note: null } }
    expect(read(parcel, { parcelId: 'p', note: null, ...kept })).toEqual({ parcelId: 'p', ...kept })
  })
})

describe('an event that is made with nulls', () => {
  it('has none, and none is sent', () => {
    // As a producer in plain JavaScript does.
    const given = { source: '/s', id: '1', time: null, subject: null, data: { ...booking, resourceName: null } }
    expect(Reflect.apply(bookingCreated.create, undefined, [given])).toEqual({
      ...head,
      type: 'booking.created',
      data: booking,
    })
    const { messages } = Reflect.apply(bookingCreated.toKafka, undefined, [given])
    expect(messages).toEqual(bookingCreated.toKafka({ source: '/s', id: '1', data: booking }).messages)
  })
})

describe('any event with nulls for optional fields', () => {
  it('is read as the same without them, from Kafka and over HTTP', () => {
    fc.assert(
      fc.property(anyEvent, fc.infiniteStream(fc.boolean()), ({ contract, event }, draws) => {
        const sent = { ...event, data: nullsAdded(contract.schema, event.data, () => draws.next().value === true) }
        const contracts = new Map([[contract.type, contract]])
        const { key: _, topic: __, value, headers } = encodeRecord(sent, contract)
        const record = { key: null, value: new TextEncoder().encode(value), headers, timestamp: 0 }
        expect(decodeRecord(record, contracts)).toEqual({ kind: 'event', event, contract })
        expect(decodeHttp(encodeHttp(sent), contracts, { acceptedAt: '2026-05-01T08:00:00Z', maxBatch: 1 })).toEqual({
          ok: true,
          events: [{ event, contract }],
        })
        const { specversion: ___, type: ____, ...given } = sent
        expect(contract.create(given)).toEqual(event)
      }),
      { numRuns: 500 },
    )
  })
})

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
}

/** The data with null for some of the optional fields that it does not have, except in previous, where null is a value. */
function nullsAdded({ properties = {}, required = [], items }: Shape, data: unknown, draw: () => boolean): unknown {
  if (Array.isArray(data)) return data.map((one) => (items ? nullsAdded(items, one, draw) : one))
  if (typeof data !== 'object' || data === null) return data
  const added: Record<string, unknown> = { ...data }
  for (const [name, shape] of Object.entries(properties)) {
    if (name === 'previous') continue
    if (Object.hasOwn(data, name)) added[name] = nullsAdded(shape, added[name], draw)
    else if (!required.includes(name) && draw()) added[name] = null
  }
  return added
}
