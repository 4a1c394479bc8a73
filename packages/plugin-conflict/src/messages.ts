import { defineMessages } from '@belfry/core'

/** The messages about conflicts, in English. */
export const messages = defineMessages({
  clash: {
    title: 'Booking conflict: {resource}',
    body: '{count, plural, one {Your booking for {when, range} is in conflict with another.} other {# of your bookings are in conflict, the first for {when, range}.}} Open the conflict to see what you can do. You will be notified when it is resolved.',
    priority: 'high',
    category: 'conflict',
  },
  clashToResolve: {
    title: 'Booking conflict: {resource}',
    body: '{count, plural, one {A booking for {when, range} is in conflict.} other {# bookings overlap, the first for {when, range}.}} Open the conflict to resolve it.',
    priority: 'high',
    category: 'conflict',
  },
  kept: {
    title: 'Your booking is unchanged: {resource}',
    body: 'The conflict is resolved, and your booking{timed, select, yes { for {when, range}} other {}} stays as it was. You do not need to do anything.',
    category: 'conflict',
  },
  moved: {
    title: 'Your booking was moved: {resource}',
    body: 'The conflict is resolved. Open your booking to see the new time.',
    category: 'conflict',
  },
  movedTo: {
    title: 'Your booking was moved: {resource}',
    body: 'The conflict is resolved. New time: {when, range}. Open your booking to change or cancel it.',
    category: 'conflict',
  },
  cancelled: {
    title: 'Your booking was cancelled: {resource}',
    body: 'Your booking{timed, select, yes { for {when, range}} other {}} was cancelled to resolve a conflict. Choose another time if you still need one.',
    category: 'conflict',
  },
  resolved: {
    title: 'Conflict resolved: {resource}',
    body: 'Bookings: {kept, number} kept, {moved, number} moved, {cancelled, number} cancelled. You do not need to do anything.',
    category: 'conflict',
  },
})
