import { bookingUpdated } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { attributesNow, type Booking, type BookingRow, bookingOf, columns } from './booking.ts'

/**
 * Moves a booking to another time and stores its event in the caller's transaction. Returns whether there is such a booking.
 * @throws EVENT_INVALID with every problem of the new time
 */
export async function moveBooking(
  client: ClientBase,
  bookingId: string,
  { startsAt, endsAt }: Pick<Booking, 'startsAt' | 'endsAt'>,
): Promise<boolean> {
  // The row stays locked until the commit, so the events of one booking are in the outbox in the order of its changes.
  const { rows } = await client.query<BookingRow>(
    `select ${columns} from booking where booking_id = $1 and not cancelled for update`,
    [bookingId],
  )
  const [row] = rows
  if (row === undefined) return false
  const [before, version] = [bookingOf(row), row.version + 1]
  const event = bookingUpdated.toKafka({
    ...attributesNow(),
    id: `${bookingId}:updated:${version}`,
    data: {
      ...before,
      startsAt,
      endsAt,
      // The old values of exactly the fields that changed.
      previous: {
        ...(Date.parse(startsAt) !== row.startsAt.getTime() && { startsAt: before.startsAt }),
        ...(Date.parse(endsAt) !== row.endsAt.getTime() && { endsAt: before.endsAt }),
      },
    },
  })
  await client.query('update booking set starts_at = $2, ends_at = $3, version = $4 where booking_id = $1', [
    bookingId,
    startsAt,
    endsAt,
    version,
  ])
  await addToOutbox(client, event)
  return true
}
