import { bookingCancelled } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { type BookingRow, bookingOf, columns, said } from './booking.ts'

/** Cancels a booking, and tells it, in the caller's transaction; answers whether there was one. */
export async function cancelBooking(client: ClientBase, bookingId: string): Promise<boolean> {
  const { rows } = await client.query<BookingRow>(
    `update booking set cancelled = true where booking_id = $1 and not cancelled returning ${columns}`,
    [bookingId],
  )
  const [row] = rows
  if (row === undefined) return false
  await addToOutbox(client, bookingCancelled.toKafka({ ...said(), id: `${bookingId}:cancelled`, data: bookingOf(row) }))
  return true
}
