import { managersOf } from '@belfry/contracts/audiences'
import * as conflict from '@belfry/contracts/conflict'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

const nameOf = ({
  resourceId,
  resourceName,
}: {
  readonly resourceId: string
  readonly resourceName?: string
}): string => resourceName ?? resourceId
const linkTo = ({ conflictId }: { readonly conflictId: string }) => ({
  link: `/conflicts/${encodeURIComponent(conflictId)}`,
})

/** The bookings without repeats of a booking of the same person. */
const distinct = <B extends { readonly bookingId: string; readonly userId: string }>(bookings: readonly B[]) => [
  ...new Map(bookings.map((booking) => [JSON.stringify([booking.bookingId, booking.userId]), booking])).values(),
]

/** When a booking takes place. The contracts of this domain do not require that the end is after the start, or that it is known. */
const whenOf = (startsAt: string, endsAt: string = startsAt) => ({
  start: startsAt,
  end: Date.parse(endsAt) < Date.parse(startsAt) ? startsAt : endsAt,
})

/** When the booking that starts first takes place, if there is one. */
function firstOf(bookings: readonly { readonly startsAt: string; readonly endsAt: string }[]) {
  const first = bookings.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))[0]
  return first && whenOf(first.startsAt, first.endsAt)
}

/** Notifies bookers and managers that bookings overlap, and how the conflict was resolved. */
export const conflictPlugin = definePlugin({
  id: 'conflict',
  events: conflict,
  messages,
  translations: { de: german },
  on: {
    conflictDetected: ({ data }, { notify }) => {
      const bookings = distinct(data.bookings)
      const resource = nameOf(data)
      const byBooker = Map.groupBy(bookings, ({ userId }) => userId)
      const first = firstOf(bookings)
      return [
        [...byBooker].map(([booker, own]) => {
          const when = firstOf(own)
          return when && notify.clash(booker, { resource, count: own.length, when }, linkTo(data))
        }),
        first &&
          notify.clashToResolve(
            managersOf(data.resourceId),
            { resource, count: bookings.length, when: first },
            { ...linkTo(data), except: [...byBooker.keys()] },
          ),
      ]
    },

    conflictResolved: ({ data, time }, { notify }) => {
      const bookings = distinct(data.bookings)
      const resource = nameOf(data)
      const count = (outcome: string) => bookings.filter((booking) => booking.outcome === outcome).length
      return [
        bookings.map(({ bookingId, userId, outcome, startsAt, endsAt }) => {
          const options = { link: `/bookings/${encodeURIComponent(bookingId)}` }
          // Where the time is not known the texts do not show it.
          const when = whenOf(startsAt ?? time, endsAt)
          const timed = startsAt === undefined ? 'no' : 'yes'
          if (outcome === 'moved' && startsAt !== undefined) return notify.movedTo(userId, { resource, when }, options)
          return notify[outcome](userId, { resource, when, timed }, options)
        }),
        notify.resolved(
          managersOf(data.resourceId),
          { resource, kept: count('kept'), moved: count('moved'), cancelled: count('cancelled') },
          { ...linkTo(data), except: bookings.map(({ userId }) => userId) },
        ),
      ]
    },
  },
})
