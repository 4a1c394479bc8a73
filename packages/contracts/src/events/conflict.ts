import Type from 'typebox'
import { BookingId, ConflictId, Name, ResourceId, Time, UserId } from '../fields.ts'
import { defineEvent } from './define-event.ts'

const about = { conflictId: ConflictId, resourceId: ResourceId, resourceName: Type.Optional(Name) }

/** Bookings of one resource overlap. */
export const conflictDetected = defineEvent({
  type: 'conflict.detected',
  topic: 'conflict',
  key: 'conflictId',
  data: Type.Object({
    ...about,
    bookings: Type.Array(Type.Object({ bookingId: BookingId, userId: UserId, startsAt: Time, endsAt: Time }), {
      minItems: 1,
      maxItems: 100,
    }),
  }),
})

/** A conflict was resolved. Each booking has its outcome, and its times if they are known. */
export const conflictResolved = defineEvent({
  type: 'conflict.resolved',
  topic: 'conflict',
  key: 'conflictId',
  data: Type.Object({
    ...about,
    bookings: Type.Array(
      Type.Object({
        bookingId: BookingId,
        userId: UserId,
        outcome: Type.Enum(['kept', 'moved', 'cancelled']),
        startsAt: Type.Optional(Time),
        endsAt: Type.Optional(Time),
      }),
      { maxItems: 500 },
    ),
  }),
})
