import type { CloudEvent } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'

/** A booking.created of this booker, at ten in the morning of 5 May 2026 (UTC), for an hour. */
export function bookingCreatedBy(
  userId: string,
  {
    id = 'e1',
    bookingId = 'b1',
    time = '2026-05-01T08:00:00Z',
  }: { id?: string; bookingId?: string; time?: string } = {},
): CloudEvent {
  return bookingCreated.create({
    source: '/test',
    id,
    time,
    data: { bookingId, userId, resourceId: 'r1', startsAt: '2026-05-05T10:00:00Z', endsAt: '2026-05-05T11:00:00Z' },
  })
}
