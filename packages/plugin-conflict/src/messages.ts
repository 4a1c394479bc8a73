import { defineMessages } from '@belfry/core'

/** The messages about conflicts, in English. */
export const messages = defineMessages({
  clash: {
    title: 'Your booking clashes with another: {resource}',
    body: '{count, plural, one {Your booking on {startsAt, date, full}, {startsAt, time, short} overlaps with another.} other {# of your bookings overlap with others, the first on {startsAt, date, full}, {startsAt, time, short}.}} Open the conflict to see what can be done; you will be told how it ends.',
    priority: 'high',
    category: 'conflict',
  },
  clashToResolve: {
    title: 'Bookings clash: {resource}',
    body: '{count, plural, one {# booking is in conflict, on {startsAt, date, full}, {startsAt, time, short}.} other {# bookings overlap, the first on {startsAt, date, full}, {startsAt, time, short}.}} Open the conflict to resolve it.',
    priority: 'high',
    category: 'conflict',
  },
  kept: {
    title: 'Your booking stays: {resource}',
    body: 'The conflict is resolved, and your booking stays as it is. There is nothing that you have to do.',
    category: 'conflict',
  },
  moved: {
    title: 'Your booking was moved: {resource}',
    body: 'The conflict is resolved, and your booking has been moved. Open it to see the new time.',
    category: 'conflict',
  },
  movedTo: {
    title: 'Your booking was moved: {resource}',
    body: 'The conflict is resolved, and your booking now begins on {startsAt, date, full}, {startsAt, time, short}. Open it to see whether the new time suits you.',
    category: 'conflict',
  },
  cancelled: {
    title: 'Your booking was cancelled: {resource}',
    body: 'The conflict could only be resolved without your booking. Look for another time.',
    category: 'conflict',
  },
  resolved: {
    title: 'Conflict resolved: {resource}',
    body: '{kept, plural, =0 {No booking was kept} one {# booking was kept} other {# bookings were kept}}, {moved, plural, =0 {none moved} one {# moved} other {# moved}}, {cancelled, plural, =0 {none cancelled} one {# cancelled} other {# cancelled}}. There is nothing more to do.',
    category: 'conflict',
  },
})
