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

/** The booking that starts first, if there is one. */
const firstOf = <B extends { readonly startsAt: string }>(bookings: readonly B[]): B | undefined =>
  bookings.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))[0]

/** Notifies bookers and managers that bookings overlap, and how the conflict was resolved. */
export const conflictPlugin = definePlugin({
  id: 'conflict',
  events: conflict,
  messages,
  translations: { de: german },
  on: {
    conflictDetected: ({ data }, { notify }) => {
      const { bookings, resourceId } = data
      const resource = nameOf(data)
      const byBooker = Map.groupBy(bookings, ({ userId }) => userId)
      const first = firstOf(bookings)
      return [
        [...byBooker].map(([booker, own]) => {
          const startsAt = firstOf(own)?.startsAt
          return startsAt && notify.clash(booker, { resource, count: own.length, startsAt }, linkTo(data))
        }),
        first &&
          notify.clashToResolve(
            managersOf(resourceId),
            { resource, count: bookings.length, startsAt: first.startsAt },
            { ...linkTo(data), except: [...byBooker.keys()] },
          ),
      ]
    },

    conflictResolved: ({ data }, { notify }) => {
      const { bookings, resourceId } = data
      const resource = nameOf(data)
      const count = (outcome: string) => bookings.filter((booking) => booking.outcome === outcome).length
      return [
        bookings.map(({ bookingId, userId, outcome, startsAt }) => {
          const options = { link: `/bookings/${encodeURIComponent(bookingId)}` }
          if (outcome === 'moved' && startsAt !== undefined)
            return notify.movedTo(userId, { resource, startsAt }, options)
          return notify[outcome](userId, { resource }, options)
        }),
        notify.resolved(
          managersOf(resourceId),
          { resource, kept: count('kept'), moved: count('moved'), cancelled: count('cancelled') },
          { ...linkTo(data), except: bookings.map(({ userId }) => userId) },
        ),
      ]
    },
  },
})
