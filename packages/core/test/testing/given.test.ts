import { bookersOf } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import Type from 'typebox'
import { expect, it } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import { effectsOf, given } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const plugin = definePlugin({
  id: 'p',
  config: Type.Object({ loud: Type.Boolean({ default: false }) }),
  events: booking,
  messages: {
    booked: { title: '{resource} is booked', body: 'At {startsAt, time, short}.' },
    busy: { title: 'Busy', body: '' },
  },
  translations: { de: { booked: { title: '{resource} ist gebucht', body: 'Um {startsAt, time, short} Uhr.' } } },
  on: {
    bookingCreated: ({ data }, { notify, join, config }) => [
      notify.booked(
        data.userId,
        { resource: data.resourceId, startsAt: data.startsAt },
        { ...(config.loud && { priority: 'high' }) },
      ),
      notify.busy(bookersOf(data.resourceId), {}, { except: data.userId }),
      join(data.userId, bookersOf(data.resourceId), { until: data.endsAt, because: data.bookingId }),
    ],
    bookingCheckedIn: ({ data }, { notify }) => {
      notify.busy(data.userId, {})
      return []
    },
    bookingNoShow: () => {
      throw new RangeError('never')
    },
  },
})

it('returns who is told what, in their own language and time zone', async () => {
  const { told, effects } = await given(plugin, { people: { bob: { locale: 'de', timeZone: 'Europe/Berlin' } } }).when(
    bookingCreatedBy('bob'),
  )
  expect(told).toEqual({
    bob: [{ type: 'p.booked', priority: 'normal', title: 'r1 ist gebucht', body: 'Um 12:00 Uhr.' }],
  })
  const { notify, join } = effectsOf(plugin)
  expect(effects).toContainEqual(notify.booked('bob', { resource: 'r1', startsAt: '2026-05-05T10:00:00Z' }))
  expect(effects).toContainEqual(join('bob', bookersOf('r1'), { until: '2026-05-05T11:00:00Z', because: 'b1' }))
})

it('remembers what earlier events have left, and knows the audiences that other plugins keep', async () => {
  const platform = given(plugin, { audiences: [[bookersOf('r1'), ['eve']]] })
  await platform.when(bookingCreatedBy('bob'))
  const { told } = await platform.when(bookingCreatedBy('amy', { id: 'e2', bookingId: 'b2' }))
  expect(Object.keys(told).sort()).toEqual(['amy', 'bob', 'eve'])
})

it('passes the plugin its settings, with defaults', async () => {
  const { told } = await given(plugin, { config: { loud: true } }).when(bookingCreatedBy('bob'))
  expect(told.bob?.[0]?.priority).toBe('high')
})

it('fails when an effect was made and not returned', async () => {
  const event = booking.bookingCheckedIn.create({
    source: '/test',
    id: 'e1',
    data: { bookingId: 'b', userId: 'u', resourceId: 'r', checkedInAt: '2026-05-01T08:30:00Z' },
  })
  await expect(given(plugin).when(event)).rejects.toThrow(
    'EFFECT_NOT_RETURNED: notify.busy made by p.bookingCheckedIn, but not returned',
  )
})

it('fails with what a handler threw', async () => {
  const event = booking.bookingNoShow.create({
    source: '/test',
    id: 'e1',
    data: { bookingId: 'b', userId: 'u', resourceId: 'r', detectedAt: '2026-05-01T08:30:00Z' },
  })
  await expect(given(plugin).when(event)).rejects.toThrow('HANDLER_FAILED: p.bookingNoShow threw RangeError: never')
})
