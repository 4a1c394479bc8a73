import type { Message } from 'kafkajs'
import { personAt } from './open-sockets.ts'

const HOUR_MS = 3_600_000
const RESOURCES = 50

/** What stands before the number of an event in the name of its resource, which the texts of its notification repeat. */
export const markerOf = (round: string): string => `R-${round}-`

/** Makes the record of a booking.created in the binary mode of CloudEvents, as producers send it: event `index` of a round, for person `person`. */
export function bookingCreated(round: string, index: number, person: number): Message {
  const id = `${round}-${index}`
  const time = Date.now()
  const at = (after: number) => new Date(time + after).toISOString()
  return {
    key: id,
    value: JSON.stringify({
      bookingId: id,
      userId: personAt(person),
      resourceId: `r${index % RESOURCES}`,
      resourceName: `${markerOf(round)}${index}-`,
      startsAt: at(HOUR_MS),
      endsAt: at(2 * HOUR_MS),
    }),
    headers: {
      ce_specversion: '1.0',
      ce_type: 'booking.created',
      ce_source: '/load',
      ce_id: id,
      ce_time: at(0),
      'content-type': 'application/json',
    },
  }
}
