import { defineMessages } from '@belfry/core'

/** The messages about waiting lists, in English. */
export const messages = defineMessages({
  added: {
    title: 'Number {position, number} on the waiting list: {resource}',
    body: 'Requested time: {when, range}. You will be notified as soon as it is your turn.',
    category: 'waitlist',
  },
  removed: {
    title: 'No longer on the waiting list: {resource}',
    body: '{reason, select, expired {No place became available for {when, range}. Choose another time if you still need one.} resource_deleted {{resource} can no longer be booked, so your request for {when, range} has ended. Choose something else if you still need it.} filled {The last place for {when, range} is taken. Choose another time if you still need one.} other {Your request for {when, range} has ended. Choose another time if you still need one.}}',
    category: 'waitlist',
  },
  promoted: {
    title: 'It is your turn: {resource}',
    body: 'You now have a booking for {when, range}. Open it to change or cancel it.',
    priority: 'high',
    category: 'waitlist',
  },
  confirm: {
    title: 'Confirm your place: {resource}',
    body: 'A place for {when, range} is reserved for you. Confirm it by {confirmBy, moment}, or it goes to the next person in line.',
    priority: 'high',
    category: 'waitlist',
  },
})
