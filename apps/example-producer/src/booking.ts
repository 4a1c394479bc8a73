/** A booking, with its times as RFC 3339. */
export interface Booking {
  readonly bookingId: string
  readonly userId: string
  readonly resourceId: string
  readonly startsAt: string
  readonly endsAt: string
}

/** A row of `booking`. */
export interface BookingRow {
  readonly bookingId: string
  readonly userId: string
  readonly resourceId: string
  readonly startsAt: Date
  readonly endsAt: Date
  /** Increased by one at each change. */
  readonly version: number
}

/** The columns of a row, under the names of `BookingRow`. */
export const columns = `booking_id as "bookingId", user_id as "userId", resource_id as "resourceId",
  starts_at as "startsAt", ends_at as "endsAt", version`

/** Converts a row to the booking of an event. */
export const bookingOf = ({ version: _version, startsAt, endsAt, ...row }: BookingRow): Booking => ({
  ...row,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
})

/**
 * The attributes that all events of this service have. `time` is the time of the change, not of the sending, which may be much later:
 * Belfry does not notify people of events that are too old.
 */
export const attributesNow = () => ({ source: '/booking-service', time: new Date().toISOString() })
