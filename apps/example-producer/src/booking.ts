/** A booking, with moments as RFC 3339 has them. */
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
  /** Counts the changes. */
  readonly version: number
}

/** The columns of a row, by the names that it has here. */
export const columns = `booking_id as "bookingId", user_id as "userId", resource_id as "resourceId",
  starts_at as "startsAt", ends_at as "endsAt", version`

/** A row as events tell it. */
export const bookingOf = ({ version: _version, startsAt, endsAt, ...row }: BookingRow): Booking => ({
  ...row,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
})

/**
 * What all events of this service say of themselves. The time is that of the change and not that of the sending, which may be much later:
 * what is too old then is told to nobody.
 */
export const said = () => ({ source: '/booking-service', time: new Date().toISOString() })
