import { personAt } from './open-sockets.ts'

const HOUR_MS = 3_600_000
const RESOURCES = 50

/** What stands before the number of an event in the name of its resource, which the texts of its notification repeat. */
export const markerOf = (round: string): string => `R-${round}-`

/** A booking.created. */
export interface Booking {
  readonly id: string
  readonly time: string
  readonly data: Readonly<Record<string, string>>
}

/** Makes event `index` of a round, for the person with this number. */
export function bookingCreated(round: string, index: number, person: number): Booking {
  const id = `${round}-${index}`
  const now = Date.now()
  const at = (after: number) => new Date(now + after).toISOString()
  const data = {
    bookingId: id,
    userId: personAt(person),
    resourceId: `r${index % RESOURCES}`,
    resourceName: `${markerOf(round)}${index}-`,
    startsAt: at(HOUR_MS),
    endsAt: at(2 * HOUR_MS),
  }
  return { id, time: at(0), data }
}

/** The record of an event in the binary mode of CloudEvents. */
export const encodeKafka = ({ id, time, data }: Booking) => ({
  key: id,
  value: JSON.stringify(data),
  headers: {
    ce_specversion: '1.0',
    ce_type: 'booking.created',
    ce_source: '/load',
    ce_id: id,
    ce_time: time,
    'content-type': 'application/json',
  },
})

/** An event in the structured mode of CloudEvents. */
export const encodeHttp = ({ id, time, data }: Booking) => ({
  specversion: '1.0',
  type: 'booking.created',
  source: '/load',
  id,
  time,
  data,
})
