import { expect, it } from 'vitest'
import { bookingCreated } from '../../src/events/booking.ts'
import { decodeHttp, decodeRecord, encodeHttp, encodeRecord, keyOf } from '../../src/index.ts'

const event = bookingCreated.create({
  source: '/s',
  id: '1',
  time: '2026-05-01T08:00:00Z',
  data: {
    bookingId: 'b',
    userId: 'u',
    resourceId: 'r',
    startsAt: '2026-05-01T10:00:00Z',
    endsAt: '2026-05-01T11:00:00Z',
  },
})
const contracts = new Map([[bookingCreated.type, bookingCreated]])
const bytes = (text: string) => new TextEncoder().encode(text)

it('the key of the contract orders an event, whatever its partitionkey: over HTTP and from Kafka, in every mode', () => {
  const http = { acceptedAt: '2026-05-01T08:00:00Z', maxBatch: 1 }
  const { headers, value } = encodeRecord(event, bookingCreated)
  const named = Object.entries(headers).map(([name, one]) => [name.replace('ce_', 'ce-'), one])
  const structured = JSON.stringify({ ...event, partitionkey: 'tenant-7' })
  const requests = [
    { headers: encodeHttp(event).headers, body: structured },
    { headers: { ...Object.fromEntries(named), 'ce-partitionkey': 'tenant-7' }, body: value },
  ]
  for (const request of requests)
    expect(decodeHttp(request, contracts, http)).toEqual({ ok: true, events: [{ event, contract: bookingCreated }] })
  const records = [
    { headers: { 'content-type': 'application/cloudevents+json' }, value: bytes(structured) },
    { headers: { ...headers, ce_partitionkey: 'tenant-7' }, value: bytes(value) },
  ]
  for (const record of records) {
    const decoded = decodeRecord({ ...record, key: bytes('tenant-7'), timestamp: 0 }, contracts)
    expect(decoded).toEqual({ kind: 'event', event, contract: bookingCreated })
  }
  expect(keyOf(event, bookingCreated)).toBe('b')
})

it('a message for Kafka has the key that a key mapper makes of a partitionkey with the same value', () => {
  const { specversion: _, type: __, ...given } = event
  const sent: object = { ...given, partitionkey: 'b' }
  const { messages } = Reflect.apply(bookingCreated.toKafka, undefined, [sent])
  expect(messages).toEqual(bookingCreated.toKafka(given).messages)
  expect(messages[0].key).toBe('b')
})
