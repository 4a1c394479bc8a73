import Type from 'typebox'
import { BookingId, Name, ResourceId, Time, UserId, WaitlistId } from '../fields.ts'
import { defineEvent } from './define-event.ts'

const waiting = {
  waitlistId: WaitlistId,
  userId: UserId,
  resourceId: ResourceId,
  resourceName: Type.Optional(Name),
  startsAt: Time,
  endsAt: Time,
}

/** A person waits for a resource. `position` counts from one. */
export const waitlistAdded = defineEvent({
  type: 'waitlist.added',
  topic: 'waitlist',
  key: 'waitlistId',
  data: Type.Object({ ...waiting, position: Type.Integer({ minimum: 1 }) }),
})

/** A person no longer waits. */
export const waitlistRemoved = defineEvent({
  type: 'waitlist.removed',
  topic: 'waitlist',
  key: 'waitlistId',
  data: Type.Object({ ...waiting, reason: Type.Enum(['left', 'expired', 'resource_deleted', 'filled']) }),
})

/** A person who waited now has a booking, which perhaps must be confirmed by a deadline. */
export const waitlistPromoted = defineEvent({
  type: 'waitlist.promoted',
  topic: 'waitlist',
  key: 'waitlistId',
  data: Type.Object({ ...waiting, bookingId: BookingId, confirmBy: Type.Optional(Time) }),
})
