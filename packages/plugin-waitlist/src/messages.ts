import { defineMessages } from '@belfry/core'

/** The messages about waiting lists, in English. */
export const messages = defineMessages({
  added: {
    title: 'You are number {position, number} in line: {resource}',
    body: 'You wait for {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. You will be told as soon as it is your turn.',
    category: 'waitlist',
  },
  removed: {
    title: 'You no longer wait: {resource}',
    body: '{reason, select, expired {The time that you waited for, {startsAt, date, full}, {startsAt, time, short}, has come without a place for you. Look for another time.} resource_deleted {It can no longer be booked, so there is nothing to wait for on {startsAt, date, full}, {startsAt, time, short}. Look for something else.} filled {The last place for {startsAt, date, full}, {startsAt, time, short} is taken. Look for another time.} other {You are no longer on the waiting list for {startsAt, date, full}, {startsAt, time, short}. Look for another time.}}',
    category: 'waitlist',
  },
  promoted: {
    title: 'It is your turn: {resource}',
    body: 'You now have a booking from {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. Open it to see the details.',
    priority: 'high',
    category: 'waitlist',
  },
  confirm: {
    title: 'Confirm your place: {resource}',
    body: 'It is your turn from {startsAt, date, full}, {startsAt, time, short} to {endsAt, date, medium}, {endsAt, time, short}. Confirm by {confirmBy, date, full}, {confirmBy, time, short}, or the place goes to the next in line.',
    priority: 'high',
    category: 'waitlist',
  },
})
