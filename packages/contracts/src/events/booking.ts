import Type from 'typebox'
import { BookingId, Name, ResourceId, Text, Time, UserId } from '../fields.ts'
import { defineEvent } from './define-event.ts'
import { endsAfterItStarts } from './ends-after-it-starts.ts'
import { formerly, formerlyOrAbsent } from './formerly.ts'

const attendees = Type.Array(UserId, { maxItems: 500 })
const whole = {
  bookingId: BookingId,
  userId: UserId,
  resourceId: ResourceId,
  resourceName: Type.Optional(Name),
  startsAt: Time,
  endsAt: Time,
  attendeeIds: Type.Optional(attendees),
}
const place = { bookingId: BookingId, userId: UserId, resourceId: ResourceId, resourceName: Type.Optional(Name) }

/** A person has booked a resource, perhaps with attendees. */
export const bookingCreated = defineEvent({
  type: 'booking.created',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object(whole),
  rules: endsAfterItStarts,
})

/** A booking has changed. The fields have the new values; `previous` has the old values of exactly the fields that changed. */
export const bookingUpdated = defineEvent({
  type: 'booking.updated',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object({
    ...whole,
    previous: Type.Object({
      userId: formerly(UserId),
      startsAt: formerly(Time),
      endsAt: formerly(Time),
      resourceId: formerly(ResourceId),
      resourceName: formerlyOrAbsent(Name),
      attendeeIds: formerlyOrAbsent(attendees),
    }),
  }),
  rules: endsAfterItStarts,
})

/** A booking was cancelled. */
export const bookingCancelled = defineEvent({
  type: 'booking.cancelled',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object({ ...whole, cancelledBy: Type.Optional(UserId), reason: Type.Optional(Text) }),
  rules: endsAfterItStarts,
})

/** The booker has arrived. */
export const bookingCheckedIn = defineEvent({
  type: 'booking.checked_in',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object({ ...place, checkedInAt: Time }),
})

/** The booker has left. */
export const bookingCheckedOut = defineEvent({
  type: 'booking.checked_out',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object({ ...place, checkedOutAt: Time }),
})

/** The booker has not arrived. */
export const bookingNoShow = defineEvent({
  type: 'booking.no_show',
  topic: 'booking',
  key: 'bookingId',
  data: Type.Object({ ...place, detectedAt: Time }),
})
