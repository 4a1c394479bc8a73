import { bookingCreated } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { type Booking, said } from './booking.ts'

/**
 * Takes a booking, and tells it, in the caller's transaction.
 * @throws EVENT_INVALID with everything that is wrong with it, before anything is written
 */
export async function book(client: ClientBase, booking: Booking): Promise<void> {
  const { bookingId, userId, resourceId, startsAt, endsAt } = booking
  // The id comes from what happened: whoever asks or sends again says the same event.
  const event = bookingCreated.toKafka({ ...said(), id: `${bookingId}:created`, data: booking })
  await client.query(
    'insert into booking (booking_id, user_id, resource_id, starts_at, ends_at) values ($1, $2, $3, $4, $5)',
    [bookingId, userId, resourceId, startsAt, endsAt],
  )
  await addToOutbox(client, event)
}
