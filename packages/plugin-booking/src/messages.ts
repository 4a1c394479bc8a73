import { defineMessages } from '@belfry/core'

/** The part that the texts for people who stay in a booking share. */
const otherResource =
  `{resourceChange, select, replaced {Now booked: {resource} (previously: {wasResource}). } renamed {“{wasResource}” is now called “{resource}”. } named {The name “{resource}” was added. } unnamed {The name “{wasResource}” was removed. } other {}}` as const

/** The messages about bookings, in English. */
export const messages = defineMessages({
  confirmed: {
    title: '{resource} is booked',
    body: 'Your booking: {when, range}. Open it to change or cancel it.',
    category: 'booking',
  },
  invited: {
    title: 'You are invited: {resource}',
    body: 'When: {when, range}. Open the booking for details.',
    category: 'booking',
  },
  changed: {
    title: 'Booking changed: {resource}',
    body: `{moved, select, yes {New time: {when, range} (previously: {was, range}). } other {When: {when, range}. }}${otherResource}{joined, plural, =0 {} one {# person was invited. } other {# people were invited. }}{left, plural, =0 {} one {# person is no longer invited. } other {# people are no longer invited. }}Open the booking for details.`,
    category: 'booking',
  },
  handedOver: {
    title: 'No longer your booking: {wasResource}',
    body: `Your booking for {was, range} now belongs to another person. {stays, select, yes {You are still invited. {moved, select, yes {New time: {when, range}. } other {}}${otherResource}Open the booking for details.} other {You do not need to do anything.}}`,
    category: 'booking',
  },
  uninvited: {
    title: 'You are no longer invited: {resource}',
    body: 'Your invitation for {when, range} no longer applies. You do not need to do anything.',
    category: 'booking',
  },
  cancelled: {
    title: 'Booking cancelled: {resource}',
    body: 'The booking for {when, range} was cancelled. {because, select, known {Reason: “{reason}”. } other {}}Choose another time if you still need one.',
    category: 'booking',
  },
  checkedIn: {
    title: 'Checked in: {resource}',
    body: 'You checked in on {at, moment}. Remember to check out when you leave.',
    priority: 'low',
    category: 'booking',
  },
  checkedOut: {
    title: 'Checked out: {resource}',
    body: 'You checked out on {at, moment}. You do not need to do anything else.',
    priority: 'low',
    category: 'booking',
  },
  missed: {
    title: 'You missed your booking: {resource}',
    body: 'You had not checked in by {at, moment}. Choose another time if you still need one.',
    category: 'booking',
  },
  noShow: {
    title: 'No-show: {resource}',
    body: 'The person who booked had not checked in by {at, moment}. Open the booking to decide what happens to it.',
    category: 'booking',
  },
})
