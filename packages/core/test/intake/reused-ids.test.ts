import { encodeRecord } from '@belfry/contracts'
import { bookingCreated, bookingUpdated } from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import { type Applied, createHost, createIntake, definePlugin, type NewRecord } from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const plugin = definePlugin({
  id: 'p',
  events: { bookingCreated, bookingUpdated },
  messages: { booked: { title: 'Booked', body: '' } },
  on: {
    bookingCreated: ({ data }, { notify }) => [notify.booked(data.userId, {})],
    bookingUpdated: ({ data }, { notify }) => [notify.booked(data.userId, {})],
  },
})

/** Sends records one after the other, and returns which of them were repeats of other content, and the log lines about them. */
async function sent(...records: readonly NewRecord[]) {
  const host = createHost({ plugins: [plugin] })
  const { source, publisher } = createMemoryEventLog({ clock })
  const store = createMemoryStore({ render: host.render, clock })
  const applied: Applied[] = []
  const warned: { fields: object; sentence: string }[] = []
  const none = () => {}
  const warn = (fields: object, sentence: string) => void warned.push({ fields, sentence })
  const logger = { debug: none, info: none, warn, error: none }
  const onApplied = (report: { applied: Applied }) => void applied.push(report.applied)
  const intake = createIntake({ source, store, host, clock, logger, onApplied })
  await intake.open(['booking'])
  intake.start('booking')
  await publisher.publish(records)
  await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  await intake.close()
  const repeats = applied.flatMap((one) => one.repeats)
  return { repeats, reused: repeats.flatMap(({ offset, other }) => (other ? offset : [])), warned }
}

const created = encodeRecord(bookingCreatedBy('u1'), bookingCreated)
const data: Readonly<Record<string, unknown>> = JSON.parse(created.value)
const withData = (value: unknown): NewRecord => ({ ...created, value: JSON.stringify(value) })

it('takes an event for a repeat whatever its time, its attributes and the order of its keys at every depth', async () => {
  const nested = { ...data, more: { a: [{ x: 1, y: { p: null, q: [] } }], b: 2, '10': 1, '9': 2 } }
  const reversed = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? value
      : Array.isArray(value)
        ? value.map(reversed)
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, one]) => [key, reversed(one)]),
          )
  const first = withData(nested)
  const headers = { ...first.headers, ce_time: '2026-05-01T08:59:00Z', ce_subject: 'other', ce_extra: 'x' }
  const structured = {
    ...first,
    headers: { 'content-type': 'application/cloudevents+json' },
    value: JSON.stringify({ specversion: '1.0', type: 'booking.created', id: 'e1', source: '/test', data: nested }),
  }
  const { repeats, reused, warned } = await sent(first, withData(reversed(nested)), { ...first, headers }, structured)
  expect([repeats.map(({ offset }) => offset), reused, warned]).toEqual([[1, 2, 3], [], []])
})

it('detects other content under one id: another value anywhere in the data, and another type', async () => {
  const { reused } = await sent(
    withData({ ...data, list: [1, 2], more: { a: 1 } }),
    withData({ ...data, list: [2, 1], more: { a: 1 } }),
    withData({ ...data, list: [1, 2], more: { a: '1' } }),
    withData({ ...data, list: [1, 2], more: { a: 1, __proto__: 1, constructor: 2 } }),
    withData(JSON.parse(`{"__proto__":{"z":1},${JSON.stringify({ ...data, list: [1, 2], more: { a: 1 } }).slice(1)}`)),
    {
      ...withData({ ...data, list: [1, 2], more: { a: 1 }, previous: {} }),
      headers: { ...created.headers, ce_type: 'booking.updated' },
    },
    withData({ ...data, list: [1, 2], more: { a: 1 } }),
  )
  expect(reused).toEqual([1, 2, 3, 4, 5])
})

it('takes null for an absent field, except in previous, where it is a value', async () => {
  const updated = (previous: object, more: object = {}): NewRecord => ({
    ...withData({ ...data, ...more, previous }),
    headers: { ...created.headers, ce_id: 'e2', ce_type: 'booking.updated' },
  })
  const { repeats, reused } = await sent(
    withData({ ...data, resourceName: null }),
    created,
    updated({ resourceName: null }),
    updated({ resourceName: null }, { attendeeIds: null }),
    updated({}),
  )
  expect([repeats.map(({ offset }) => offset), reused]).toEqual([[1, 3, 4], [4]])
})

it('cannot tell numbers apart that are one number in JavaScript', async () => {
  const text = (digits: string): NewRecord => ({ ...created, value: created.value.replace('{', `{"n":${digits},`) })
  const { reused } = await sent(
    text('9007199254740993'),
    text('9007199254740992'),
    text('9007199254740994'),
    text('1.0'),
    text('1'),
  )
  expect(reused).toEqual([2, 3, 4])
})

it('logs source, id, type, place and both hashes, with a remedy and without data', async () => {
  const { warned, repeats } = await sent(created, withData({ ...data, userId: 'secret' }))
  const [line] = warned
  expect(warned).toHaveLength(1)
  expect(line?.sentence).toBe(
    'the id e1 of /test was used before for another type or other data: this event is dropped as a repeat',
  )
  expect(line?.fields).toEqual({
    code: 'EVENT_ID_REUSED',
    topic: 'booking',
    partition: 0,
    offset: 1,
    source: '/test',
    event: 'e1',
    type: 'booking.created',
    ...repeats[0]?.other,
    remedy: expect.stringContaining('<bookingId>:updated:<version>'),
  })
  expect(JSON.stringify(warned)).not.toMatch(/secret|u1/)
})
