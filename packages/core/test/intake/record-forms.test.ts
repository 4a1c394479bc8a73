import { encodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { userDeleted } from '@belfry/contracts/user'
import { expect, it } from 'vitest'
import {
  type BatchReport,
  createHost,
  createIntake,
  definePlugin,
  type Envelopes,
  type Source,
  type SourceRecord,
} from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const plugin = definePlugin({
  id: 'p',
  events: { bookingCreated, userDeleted },
  messages: { booked: { title: 'Booked', body: '' } },
  on: { bookingCreated: ({ data }, { notify }) => [notify.booked(data.userId, {})], userDeleted: () => [] },
})

/** The event of a booking b1, as it is to be sent, changed as a producer may change it. */
function record(id: string, more: Partial<SourceRecord> = {}): Partial<SourceRecord> {
  const { value, headers } = encodeRecord(bookingCreatedBy('ü1', { id, bookingId: 'bü1' }), bookingCreated)
  return { key: Buffer.from('bü1'), value: Buffer.from(value), headers, ...more }
}

/** What is reported of records that are read in this order from the topic. */
async function reported(records: readonly Partial<SourceRecord>[], envelopes: Envelopes = {}) {
  const host = createHost({ plugins: [plugin] })
  const { source, publisher } = createMemoryEventLog({ clock })
  const take: Source['take'] = async (...asked) =>
    (await source.take(...asked)).map((chunk) => ({
      ...chunk,
      records: chunk.records.map((one) => ({ ...one, ...records[one.offset] })),
    }))
  const store = createMemoryStore({ render: host.render, clock })
  const reports: BatchReport[] = []
  const onApplied = (report: BatchReport) => void reports.push(report)
  const intake = createIntake({ source: { ...source, take }, store, host, clock, envelopes, onApplied })
  await intake.open(['booking'])
  intake.start('booking')
  await publisher.publish(records.map(() => ({ topic: 'booking', key: 'k', value: '{}', headers: {} })))
  await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  await intake.close()
  const entries = reports.flatMap(({ appliedSlices }) => appliedSlices.flatMap((slice) => slice.entries))
  return { entries, told: (await store.inboxes.page('ü1', { limit: 9, filter: 'all' })).head }
}

it('reports how a key differs from the key of the event, which is applied', async () => {
  const { entries, told } = await reported([
    record('right'),
    record('none', { key: null }),
    record('empty', { key: Buffer.from('') }),
    record('quoted', { key: Buffer.from('"bü1"') }),
    record('framed', { key: Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from('bü1')]) }),
    record('other', { key: Buffer.from('bu1') }),
    record('bytes', { key: Buffer.from('bü1', 'latin1') }),
    record('longer', { key: Buffer.from('bü12') }),
    record('shorter', { key: Buffer.from('bü') }),
    record('number', { key: Buffer.from([0, 0, 0, 0]) }),
  ])
  expect(entries.map(({ event, forms }) => [event?.id, forms])).toEqual([
    ['right', []],
    ['none', ['no_key']],
    ['empty', ['no_key']],
    ['quoted', ['quoted_key']],
    ['framed', ['framed_key']],
    ['other', ['other_key']],
    ['bytes', ['other_key']],
    ['longer', ['other_key']],
    ['shorter', ['other_key']],
    ['number', ['other_key']],
  ])
  expect(told).toBe(10)
})

it('reports each form of a record: quoted attributes, those of HTTP, another topic, its age', async () => {
  const { headers = {} } = record('e1')
  const renamed = (of: (name: string, value: string) => readonly [string, string]) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => of(name, value)))
  const quoted = renamed((name, value) => [
    name,
    name.startsWith('ce_') ? JSON.stringify(value.replace('e1', 'e2')) : value,
  ])
  const http = renamed((name, value) => [name.replace('ce_', 'ce-'), value.replace('e1', 'e3')])
  const deleted = encodeRecord(userDeleted.create({ source: '/test', id: 'e4', data: { userId: 'u9' } }), userDeleted)
  const old = { ...headers, ce_id: 'e5', ce_time: '2026-04-01T00:00:00Z' }
  const { entries } = await reported([
    record('e1'),
    record('e2', { headers: quoted, key: null }),
    record('e3', { headers: http }),
    { key: Buffer.from('u9'), value: Buffer.from(deleted.value), headers: deleted.headers },
    { key: Buffer.from('u99'), value: Buffer.from(deleted.value), headers: { ...deleted.headers, ce_id: 'e4-2' } },
    record('e5', { headers: old }),
    record('e6', { headers: { ...headers, ce_id: 'e6', ce_traceparent: '00-0' }, forms: ['latin1_attributes'] }),
  ])
  expect(entries.map(({ event, forms }) => [event?.id, forms])).toEqual([
    ['e1', []],
    ['e2', ['quoted_attributes', 'no_key']],
    ['e3', ['http_attributes']],
    ['e4', ['other_topic']],
    ['e4-2', ['other_key', 'other_topic']],
    ['e5', ['too_old']],
    ['e6', ['latin1_attributes', 'invalid_trace']],
  ])
})

it('reports what is skipped: tombstones, empty values and types that no plugin listens to', async () => {
  const { headers = {} } = record('e1')
  const { entries } = await reported([
    record('e1', { value: null }),
    record('e2', { headers: { ...headers, ce_type: 'booking.craeted' } }),
    record('e3', { value: Buffer.from('{}'), headers: { ...headers, ce_type: 'x'.repeat(1_000) } }),
    record('e4', { value: Buffer.alloc(0) }),
  ])
  expect(
    entries.map(({ event, forms, unknownType, deadLetters }) => [event, forms, unknownType?.slice(0, 20), deadLetters]),
  ).toEqual([
    [undefined, ['tombstone'], undefined, []],
    [undefined, [], 'booking.craeted', []],
    [undefined, [], 'x'.repeat(20), []],
    [undefined, ['empty'], undefined, []],
  ])
  expect(entries[2]?.unknownType?.length).toBeLessThan(300)
})

it('compares the keys of topics of plain JSON too', async () => {
  const { value } = encodeRecord(bookingCreatedBy('ü1', { bookingId: 'bü1' }), bookingCreated)
  const plain = Buffer.from(JSON.stringify({ kind: 'booking.created', payload: JSON.parse(value) }))
  const { entries } = await reported(
    [
      { value: plain, headers: {}, key: Buffer.from('bü1') },
      { value: plain, headers: {}, key: Buffer.from('"bü1"') },
      { value: plain, headers: {}, key: null },
    ],
    { booking: { type: 'kind', data: 'payload', source: '/legacy' } },
  )
  expect(entries.map(({ forms }) => forms)).toEqual([[], ['quoted_key'], ['no_key']])
})
