import { defineMessages } from '@belfry/core'

/** The messages about bookings, in English. */
export const messages = defineMessages({
  confirmed: {
    title: '{resource} is booked',
    body: 'It is yours from {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. Open the booking to change or cancel it.',
    category: 'booking',
  },
  invited: {
    title: 'You are invited: {resource}',
    body: 'You are expected from {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. Open the booking to see the details.',
    category: 'booking',
  },
  changed: {
    title: 'Booking changed: {resource}',
    body: `{moved, select, yes {It was from {wasStartsAt, date, full}, {wasStartsAt, time, short} to {wasEndsAt, date, medium}, {wasEndsAt, time, short}; now it is from {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. } other {It begins on {startsAt, date, full}, {startsAt, time, short}. }}{resourceChange, select, replaced {It is now for {resource} instead of {wasResource}. } renamed {{wasResource} is now called {resource}. } other {}}{joined, plural, =0 {} one {# person has been invited. } other {# people have been invited. }}{left, plural, =0 {} one {# person is no longer invited. } other {# people are no longer invited. }}Open the booking to see the details.`,
    category: 'booking',
  },
  handedOver: {
    title: 'No longer your booking: {resource}',
    body: 'The booking on {startsAt, date, full}, {startsAt, time, short} now belongs to another person. {stays, select, yes {You are still invited. Open the booking to see the details.} other {You do not have to do anything.}}',
    category: 'booking',
  },
  uninvited: {
    title: 'You are no longer invited: {resource}',
    body: 'The booking on {startsAt, date, full}, {startsAt, time, short} goes on without you. There is nothing that you have to do.',
    category: 'booking',
  },
  cancelled: {
    title: 'Booking cancelled: {resource}',
    body: 'The booking on {startsAt, date, full}, {startsAt, time, short} does not take place. {because, select, known {The reason given: “{reason}”. } other {}}Book again if you still need it.',
    category: 'booking',
  },
  checkedIn: {
    title: 'Checked in: {resource}',
    body: 'You checked in on {at, date, full}, {at, time, short}. Remember to check out when you leave.',
    priority: 'low',
    category: 'booking',
  },
  checkedOut: {
    title: 'Checked out: {resource}',
    body: 'You checked out on {at, date, full}, {at, time, short}. Thank you for leaving it ready for the next.',
    priority: 'low',
    category: 'booking',
  },
  missed: {
    title: 'You missed your booking: {resource}',
    body: 'Nobody had checked in by {at, date, full}, {at, time, short}. Book again if you still need it.',
    category: 'booking',
  },
  noShow: {
    title: 'Nobody came: {resource}',
    body: 'Nobody had checked in to a booking by {at, date, full}, {at, time, short}. Open it to decide what becomes of it.',
    category: 'booking',
  },
})
