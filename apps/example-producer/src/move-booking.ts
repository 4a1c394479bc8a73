import { bookingUpdated } from '@belfry/contracts/booking'
import type { ClientBase } from 'pg'
import { addToOutbox } from './add-to-outbox.ts'
import { type Booking, type BookingRow, bookingOf, columns, said } from './booking.ts'

/**
 * Moves a booking to another time, and tells it, in the caller's transaction; answers whether there is one.
 * @throws EVENT_INVALID with everything that is wrong with the time
 */
export async function moveBooking(
  client: ClientBase,
  bookingId: string,
  { startsAt, endsAt }: Pick<Booking, 'startsAt' | 'endsAt'>,
): Promise<boolean> {
  // Whoever changes a row holds it until the commit, and only then adds to the outbox: events of one booking stand there in its order.
  const { rows } = await client.query<BookingRow>(
    `select ${columns} from booking where booking_id = $1 and not cancelled for update`,
    [bookingId],
  )
  const [row] = rows
  if (row === undefined) return false
  const [before, version] = [bookingOf(row), row.version + 1]
  const event = bookingUpdated.toKafka({
    ...said(),
    id: `${bookingId}:updated:${version}`,
    data: {
      ...{ ...before, startsAt, endsAt },
      // Exactly what has changed, with its old values.
      previous: {
        ...(Date.parse(startsAt) !== row.startsAt.getTime() && { startsAt: before.startsAt }),
        ...(Date.parse(endsAt) !== row.endsAt.getTime() && { endsAt: before.endsAt }),
      },
    },
  })
  await client.query('update booking set starts_at = $2, ends_at = $3, version = $4 where booking_id = $1', [
    ...[bookingId, startsAt, endsAt],
    version,
  ])
  await addToOutbox(client, event)
  return true
}
