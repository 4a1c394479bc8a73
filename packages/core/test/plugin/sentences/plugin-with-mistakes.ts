import * as booking from '@belfry/contracts/booking'
import Type from 'typebox'
import { defineMessages, definePlugin, defineTranslation } from '../../../src/index.ts'

// Each plugin below has one mistake that people make; compiler-sentences.test.ts pins what the compiler says of it.

export const misspeltHandler = definePlugin({
  id: 'handler',
  events: booking,
  on: {
    bookingCraeted: () => [],
  },
})

export const misspeltField = definePlugin({
  id: 'field',
  events: booking,
  messages: { confirmed: { title: '{resource} is booked', body: 'See you.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.confirmed(data.userid, { resource: data.resourceId })],
  },
})

export const misspeltSetting = definePlugin({
  id: 'setting',
  config: Type.Object({ quietHours: Type.Boolean({ default: false }) }),
  events: booking,
  on: {
    bookingCreated: (_event, { config }) => [config.quiethours && null],
  },
})

export const misspeltMessage = definePlugin({
  id: 'message',
  events: booking,
  messages: { confirmed: { title: 'Booked', body: 'See you.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.confirmd(data.userId, {})],
  },
})

export const misspeltParameter = definePlugin({
  id: 'parameter',
  events: booking,
  messages: { confirmed: { title: '{resource} is booked', body: 'See you.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.confirmed(data.userId, { resuorce: data.resourceId })],
  },
})

export const unreadableText = definePlugin({
  id: 'text',
  events: booking,
  messages: {
    confirmed: { title: '{resource is booked', body: 'See you.' },
  },
  on: {},
})

export const forgottenReturn = definePlugin({
  id: 'return',
  events: booking,
  messages: { confirmed: { title: 'Booked', body: 'See you.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => {
      notify.confirmed(data.userId, {})
    },
  },
})

export const resourceForPerson = definePlugin({
  id: 'person',
  events: booking,
  messages: { confirmed: { title: 'Booked', body: 'See you.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.confirmed(data.resourceId, {})],
  },
})

export const idForTime = definePlugin({
  id: 'time',
  events: booking,
  messages: { confirmed: { title: 'Booked', body: 'See you on {startsAt, date, full}.' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.confirmed(data.userId, { startsAt: data.bookingId })],
  },
})

const greeting = defineMessages({ hello: { title: 'Hello', body: '{when, range}' } })

export const unreadableTranslation = defineTranslation(greeting, { hello: { title: 'Hallo', body: '{when, rnage}' } })

export const parameterOfAnotherKind = defineTranslation(greeting, { hello: { title: 'Hallo', body: '{when, moment}' } })
