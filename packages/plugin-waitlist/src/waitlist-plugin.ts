import * as waitlist from '@belfry/contracts/waitlist'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

const whatOf = ({
  resourceId,
  resourceName,
  startsAt,
  endsAt,
}: {
  readonly resourceId: string
  readonly resourceName?: string
  readonly startsAt: string
  readonly endsAt: string
}) => ({
  resource: resourceName ?? resourceId,
  // The contracts of this domain do not require that the end is after the start.
  when: { start: startsAt, end: Date.parse(endsAt) < Date.parse(startsAt) ? startsAt : endsAt },
})
const linkTo = (waitlistId: string) => ({ link: `/waitlist/${encodeURIComponent(waitlistId)}` })

/** Notifies people on a waiting list of their position, of their turn, and of their removal. */
export const waitlistPlugin = definePlugin({
  id: 'waitlist',
  events: waitlist,
  messages,
  translations: { de: german },
  on: {
    waitlistAdded: ({ data }, { notify }) => [
      notify.added(data.userId, { ...whatOf(data), position: data.position }, linkTo(data.waitlistId)),
    ],

    waitlistRemoved: ({ data }, { notify }) => {
      // A person who left the list themselves needs no notification.
      if (data.reason === 'left') return []
      return [notify.removed(data.userId, { ...whatOf(data), reason: data.reason }, linkTo(data.waitlistId))]
    },

    waitlistPromoted: ({ data }, { notify }) => {
      const { userId, bookingId, confirmBy } = data
      const options = { link: `/bookings/${encodeURIComponent(bookingId)}` }
      if (confirmBy === undefined) return [notify.promoted(userId, whatOf(data), options)]
      return [notify.confirm(userId, { ...whatOf(data), confirmBy }, options)]
    },
  },
})
