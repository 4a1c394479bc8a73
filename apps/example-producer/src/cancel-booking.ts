import { bookingCancelled } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { attributesNow, type BookingRow, bookingOf, columns } from './booking.ts'

/** Cancels a booking and stores its event in the caller's transaction. Returns whether there was such a booking. */
export async function cancelBooking(client: ClientBase, bookingId: string): Promise<boolean> {
  const { rows } = await client.query<BookingRow>(
    `update booking set cancelled = true where booking_id = $1 and not cancelled returning ${columns}`,
    [bookingId],
  )
  const [row] = rows
  if (row === undefined) return false
  await addToOutbox(
    client,
    bookingCancelled.toKafka({ ...attributesNow(), id: `${bookingId}:cancelled`, data: bookingOf(row) }),
  )
  return true
}
