import { bookingCreated } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { attributesNow, type Booking } from './booking.ts'

/**
 * Stores a booking and its event in the caller's transaction.
 * @throws EVENT_INVALID with every problem of the booking, before anything is written
 */
export async function book(client: ClientBase, booking: Booking): Promise<void> {
  const { bookingId, userId, resourceId, startsAt, endsAt } = booking
  // The id is derived from what happened: a repeated request or send makes the same event.
  const event = bookingCreated.toKafka({ ...attributesNow(), id: `${bookingId}:created`, data: booking })
  await client.query(
    'insert into booking (booking_id, user_id, resource_id, starts_at, ends_at) values ($1, $2, $3, $4, $5)',
    [bookingId, userId, resourceId, startsAt, endsAt],
  )
  await addToOutbox(client, event)
}
