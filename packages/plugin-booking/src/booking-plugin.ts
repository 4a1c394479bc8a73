import { bookersOf, managersOf } from '@belfry/contracts/audiences'
import * as booking from '@belfry/contracts/booking'
import { definePlugin } from '@belfry/core'
import { changesOf } from './changes.ts'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

const nameOf = ({
  resourceId,
  resourceName,
}: {
  readonly resourceId: string
  readonly resourceName?: string
}): string => resourceName ?? resourceId
const linkTo = ({ bookingId }: { readonly bookingId: string }) => ({
  link: `/bookings/${encodeURIComponent(bookingId)}`,
})

/** Notifies booker, attendees and managers of changes of a booking, and maintains the audience of a resource's bookers. */
export const bookingPlugin = definePlugin({
  id: 'booking',
  events: booking,
  messages,
  translations: { de: german },
  on: {
    bookingCreated: ({ data }, { notify, join }) => {
      const { userId, attendeeIds = [], startsAt, endsAt } = data
      const what = { resource: nameOf(data), when: { start: startsAt, end: endsAt } }
      return [
        notify.confirmed(userId, what, linkTo(data)),
        attendeeIds.length > 0 && notify.invited(attendeeIds, what, { ...linkTo(data), except: userId }),
        join([userId, attendeeIds], bookersOf(data.resourceId), { until: endsAt, because: data.bookingId }),
      ]
    },

    bookingUpdated: ({ data }, { notify, join, leave }) => {
      const { bookingId, userId, resourceId, endsAt, previous } = data
      const { now, was, resourceChange, moved, anything, ...people } = changesOf(data)
      const { told, attendees, invited, uninvited, formerBooker, isSmaller } = people
      const change = {
        ...now,
        was: was.when,
        wasResource: was.resource,
        moved: moved ? 'yes' : 'no',
        resourceChange,
        joined: invited.length,
        left: uninvited.length,
      }
      const because = bookingId
      return [
        resourceChange === 'replaced' && leave(bookersOf(previous.resourceId ?? resourceId), { because }),
        isSmaller && leave(bookersOf(resourceId), { because }),
        join([userId, attendees], bookersOf(resourceId), { until: endsAt, because }),
        anything && notify.changed(told, change, linkTo(data)),
        formerBooker && notify.confirmed(userId, now, linkTo(data)),
        formerBooker &&
          notify.handedOver(formerBooker.person, { ...change, stays: formerBooker.stays ? 'yes' : 'no' }, linkTo(data)),
        notify.invited(invited, now, linkTo(data)),
        notify.uninvited(uninvited, was, linkTo(data)),
      ]
    },

    bookingCancelled: ({ data }, { notify, leave }) => {
      const { userId, attendeeIds = [], startsAt, endsAt, reason } = data
      const what = {
        resource: nameOf(data),
        when: { start: startsAt, end: endsAt },
        because: reason === undefined ? 'unknown' : 'known',
        reason: reason ?? '',
      }
      return [
        notify.cancelled([userId, attendeeIds], what, { ...linkTo(data), except: data.cancelledBy }),
        leave(bookersOf(data.resourceId), { because: data.bookingId }),
      ]
    },

    bookingCheckedIn: ({ data }, { notify }) => [
      notify.checkedIn(data.userId, { resource: nameOf(data), at: data.checkedInAt }, linkTo(data)),
    ],

    bookingCheckedOut: ({ data }, { notify }) => [
      notify.checkedOut(data.userId, { resource: nameOf(data), at: data.checkedOutAt }, linkTo(data)),
    ],

    bookingNoShow: ({ data }, { notify }) => {
      const what = { resource: nameOf(data), at: data.detectedAt }
      return [
        notify.missed(data.userId, what, linkTo(data)),
        notify.noShow(managersOf(data.resourceId), what, { ...linkTo(data), except: data.userId }),
      ]
    },
  },
})
