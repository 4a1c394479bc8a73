import { encodeRecord } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import * as notification from '@belfry/contracts/notification'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type AnyPlugin, createHost, createIntake, definePlugin } from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

/** Milliseconds that handlers have computed for: the clock goes on, and no timer runs. */
let computed = 0
beforeEach(() => {
  vi.useFakeTimers()
  computed = 0
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + computed)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const time = '2026-05-01T08:59:00Z'
const messages = { told: { title: '{id}', body: '' } } as const
type Tell = (to: string, parameters: { id: string }) => unknown

const quick = definePlugin({
  id: 'quick',
  events: notification,
  messages,
  on: { notificationRequested: ({ id }, { notify }) => [notify.told('other', { id })] },
})
const requested = (id: string) =>
  encodeRecord(
    notification.notificationRequested.create({
      source: '/test',
      id,
      time,
      data: { requestId: id, to: { users: ['other'] }, title: 't', body: 'b' },
    }),
    notification.notificationRequested,
  )
const created = (id: string, bookingId = 'same') =>
  encodeRecord(bookingCreatedBy('u1', { id, bookingId, time }), booking.bookingCreated)

it.each([
  ['waits', (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)), () => 'same'],
  [
    'computes',
    (ms: number) => {
      computed += ms
    },
    (index: number) => `b${index}`,
  ],
])('tells others after two seconds, however long a handler takes for many events (it %s)', async (_, spend, key) => {
  const slow: AnyPlugin = {
    ...definePlugin({ id: 'slow', events: booking, messages, on: {} }),
    on: {
      bookingCreated: async ({ id }: { id: string }, { notify }: { notify: { told: Tell } }) => {
        await spend(900)
        return [notify.told('u1', { id })]
      },
    },
  }
  const host = createHost({ plugins: [slow, quick] })
  const store = createMemoryStore({ render: host.render, clock })
  const { source, publisher } = createMemoryEventLog({ clock })
  const applied: { topic: string; entries: number; at: number }[] = []
  const intake = createIntake({
    source,
    store,
    host,
    clock,
    onApplied: ({ appliedSlices }) =>
      applied.push(
        ...appliedSlices.map(({ topic, entries }) => ({ topic, entries: entries.length, at: performance.now() })),
      ),
  })
  await intake.open(['booking', 'notification'])
  await publisher.publish([
    ...Array.from({ length: 40 }, (_, index) => created(`e${index}`, key(index))),
    ...Array.from({ length: 20 }, (_, index) => requested(`n${index}`)),
  ])
  const began = performance.now()
  intake.start('booking', 'notification')
  const titles = async (person: string) =>
    (await store.inboxes.page(person, { limit: 200, filter: 'all' })).items.map(({ title }) => title).toReversed()
  while ((await titles('u1')).length < 40) await vi.advanceTimersByTimeAsync(100)
  // Nothing is lost, told twice, or out of order.
  expect(await titles('u1')).toEqual(Array.from({ length: 40 }, (_, index) => `e${index}`))
  const others = applied.filter(({ topic, entries }) => topic === 'notification' && entries > 0)
  expect(others).toMatchObject([{ entries: 20 }])
  expect((others[0]?.at ?? Number.NaN) - began).toBeLessThan(4_000)
  // So is what comes meanwhile: none of the batches takes longer.
  expect(applied.every(({ topic, entries }) => topic !== 'booking' || entries <= 4)).toBe(true)
  await intake.close()
})
