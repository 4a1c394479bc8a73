import { bookingCreated } from '@belfry/contracts/booking'
import { notificationRequested } from '@belfry/contracts/notification'
import { definePlugin } from '@belfry/core'
import { postgresForTests } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/metrics/metrics.ts'
import type { Notice } from '../../src/metrics/notice.ts'
import { noticeKinds, unsentReasons } from '../../src/metrics/notice-kinds.ts'
import { createNotices } from '../../src/metrics/notices.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'

const DAY_MS = 86_400_000
const types = [
  'booking.created',
  'booking.updated',
  'booking.cancelled',
  'booking.checked_in',
  'booking.no_show',
  'waitlist.added',
]

/** Notices on metrics of their own, with a clock that can be moved, and what they log. */
function noticing() {
  const clock = { now: 0 }
  const lines: { level: string; fields: object; sentence: string }[] = []
  const line = (level: string) => (fields: object, sentence: string) => void lines.push({ level, fields, sentence })
  const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const metrics = createMetrics({ version: '0' })
  const { add, ofTopic } = createNotices({ types, metrics, logger, clock: () => clock.now })
  const unmeasured = { progress: async () => [], readiness: async () => ({}), connections: 0 }
  const counted = async (name: string) =>
    (await metrics.text(unmeasured)).body.split('\n').filter((one) => one.startsWith(`belfry_${name}{`))
  const unknown = (type: string, count = 1, topic = 'booking'): Notice => ({
    kind: 'unknown_type',
    topic,
    type,
    partition: 0,
    offset: 7,
    count,
  })
  return { add, ofTopic, clock, lines, counted, unknown }
}

describe('a type that no plugin listens to', () => {
  it('is counted each time, and logged once for a topic: as a warning where a similar type is probably meant', async () => {
    const { add, lines, counted, unknown } = noticing()
    add([unknown('booking.craeted', 2), unknown('shipment.sent')])
    add([unknown('booking.craeted', 3), unknown('booking.craeted', 1, 'other')])
    expect(await counted('events_unknown_total')).toEqual([
      'belfry_events_unknown_total{topic="booking",type="booking.craeted",meant="booking.created"} 5',
      'belfry_events_unknown_total{topic="booking",type="shipment.sent",meant=""} 1',
      'belfry_events_unknown_total{topic="other",type="booking.craeted",meant="booking.created"} 1',
    ])
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: {
          topic: 'booking',
          type: 'booking.craeted',
          meant: 'booking.created',
          partition: 0,
          offset: 7,
          remedy: noticeKinds.unknown_type.remedy,
        },
        sentence:
          'no plugin listens to "booking.craeted": its events are skipped, did you mean booking.created?; logged once for this topic',
      },
      {
        level: 'info',
        fields: expect.not.objectContaining({ meant: expect.anything() }),
        sentence: expect.any(String),
      },
      { level: 'warn', fields: expect.objectContaining({ topic: 'other' }), sentence: expect.any(String) },
    ])
  })

  it('is misspelt where it is similar word by word, and is of another service where it is not', () => {
    const meant = (type: string) => {
      const { add, lines, unknown } = noticing()
      add([unknown(type)])
      return lines.map(({ fields }) => Reflect.get(fields, 'meant'))[0]
    }
    const misspelt = [
      'booking.creatd',
      'Booking.Created',
      'booking_created',
      'bookingCreated',
      'booking-created',
      'bookings.created',
    ]
    expect(misspelt.map(meant)).toEqual(misspelt.map(() => 'booking.created'))
    const others = ['booking.canceled', 'booking.checkedin', 'booking.noshow', 'waitlist.add']
    expect(others.map(meant)).toEqual(['booking.cancelled', 'booking.checked_in', 'booking.no_show', 'waitlist.added'])
    const foreign = [
      'booking.deleted',
      'booking.priced',
      'parking.created',
      'booking.checked_up',
      'com.example.booking.created',
      'x'.repeat(250),
    ]
    expect(foreign.map(meant)).toEqual(foreign.map(() => undefined))
  })

  it('is one of 200 that are counted by themselves, and further ones together, with one line about that', async () => {
    const { add, lines, counted, unknown } = noticing()
    add(Array.from({ length: 1_000 }, (_, index) => unknown(`made.up.${index}`)))
    add([unknown('made.up.7'), unknown('booking.craeted')])
    const samples = await counted('events_unknown_total')
    expect(samples).toHaveLength(202)
    expect(samples).toContain('belfry_events_unknown_total{topic="booking",type="other",meant=""} 800')
    expect(samples).toContain('belfry_events_unknown_total{topic="booking",type="made.up.7",meant=""} 2')
    expect(lines).toHaveLength(202)
    expect(lines.at(-2)?.sentence).toMatch(/^more than 200 types/)
  })

  it('is named where it is probably misspelt, however many types of other services came before', async () => {
    const { add, ofTopic, lines, counted, unknown } = noticing()
    add(Array.from({ length: 1_000 }, (_, index) => unknown(`made.up.${index}`)))
    add([unknown('booking.craeted', 2)])
    expect(ofTopic('booking')).toEqual([expect.stringContaining('did you mean booking.created?')])
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { meant: 'booking.created' } })
    expect(await counted('events_unknown_total')).toContain(
      'belfry_events_unknown_total{topic="booking",type="other",meant="booking.created"} 2',
    )
  })

  it('is a note about its topic for a day, where it is probably misspelt', () => {
    const { add, ofTopic, clock, unknown } = noticing()
    add([unknown('booking.craeted', 2), unknown('booking.priced')])
    clock.now = DAY_MS - 1
    expect([ofTopic('booking'), ofTopic('waitlist')]).toEqual([
      [
        'records of the type "booking.craeted" are skipped (2 by now), as no plugin listens to it: did you mean booking.created?',
      ],
      [],
    ])
    clock.now = DAY_MS
    expect(ofTopic('booking')).toEqual([])
    add([unknown('booking.craeted')])
    expect(ofTopic('booking')).toEqual([expect.stringContaining('(3 by now)')])
  })

  it('is one of ten notes at most', () => {
    const { add, ofTopic, unknown } = noticing()
    add(Array.from({ length: 15 }, (_, index) => unknown(`booking${'_'.repeat(index + 1)}created`)))
    expect(ofTopic('booking')).toHaveLength(11)
    expect(ofTopic('booking').at(-1)).toBe('and 5 more types')
  })
})

it('counts each form of a record by topic, and logs it once for a topic, with its first place, its event and a remedy', async () => {
  const { add, lines, counted } = noticing()
  const place = { topic: 'booking', type: 'booking.created', partition: 1, offset: 5, source: '/s', event: 'e1' }
  add([{ kind: 'no_key', ...place, count: 3 }])
  add([
    { kind: 'no_key', ...place, count: 1 },
    { kind: 'no_key', ...place, topic: 'user', count: 1 },
  ])
  expect(await counted('records_noticed_total')).toEqual([
    'belfry_records_noticed_total{topic="booking",form="no_key"} 4',
    'belfry_records_noticed_total{topic="user",form="no_key"} 1',
  ])
  const { means, remedy } = noticeKinds.no_key
  expect(lines.map(({ level, sentence }) => [level, sentence])).toEqual([
    ['warn', `${means}; logged once for this topic`],
    ['warn', `${means}; logged once for this topic`],
  ])
  expect(lines[0]?.fields).toEqual({ ...place, form: 'no_key', remedy })
})

it('counts notifications that are not sent, and logs the first of a message and reason, with its event', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path })
  const requested = (id: string, audience: string) =>
    notificationRequested.create({
      source: '/test',
      id,
      data: { requestId: id, to: { audiences: [audience] }, title: 'Hello', body: 'Hello' },
    })
  await app.send(requested('e1', 'role/admim'), requested('e2', 'role/nobody'))
  const counted = async () =>
    (await (await fetch(`${app.url}/metrics`)).text())
      .split('\n')
      .filter((line) => line.startsWith('belfry_notifications_unsent_total{'))
  await expect
    .poll(counted)
    .toEqual([expect.stringMatching(/\{plugin="notification",message="\w+",reason="empty_audience"\} 2$/)])
  const lines = app.lines.map((line) => JSON.parse(line)).filter(({ reason }) => reason === 'empty_audience')
  expect(lines).toMatchObject([
    {
      plugin: 'notification',
      topic: 'notification',
      offset: 0,
      event: 'e1',
      remedy: unsentReasons.empty_audience.remedy,
    },
  ])
})

it('counts and logs a trace that is left out of an event over HTTP, where it is accepted', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path })
  const event = bookingCreated.create({
    source: '/test',
    id: 'e1',
    data: {
      bookingId: 'b1',
      userId: 'u1',
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })
  expect(await app.send({ ...event, traceparent: '00-broken' })).toBe(202)
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).toContain('belfry_records_noticed_total{topic="booking",form="invalid_trace"} 1')
  const { remedy } = noticeKinds.invalid_trace
  expect(app.lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ form: 'invalid_trace', topic: 'booking', source: '/test', event: 'e1', remedy }),
  )
})

const postgres = await postgresForTests()
it.skipIf(postgres === undefined)(
  'is on /ready, /metrics and in the log of an instance that reads such records',
  async () => {
    await using server = postgres
    const url = (await server?.createDatabase()) ?? ''
    const plugin = definePlugin({
      id: 'p',
      events: { bookingCreated },
      messages: { told: { title: 'Told', body: '' } },
      on: { bookingCreated: ({ data }, { notify }) => [notify.told(data.userId, {})] },
    })
    await using app = await startBelfry({ postgres: url, plugins: [plugin] })
    const client = new Client({ connectionString: url })
    await client.connect()
    const data = {
      bookingId: 'b1',
      userId: 'u1',
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    }
    const append = async (offset: number, key: string, type: string) => {
      const headers = { ce_specversion: '1.0', ce_id: `e${offset}`, ce_source: '/test', ce_type: type }
      await client.query(`insert into event_log values ('booking', 0, $1, $2, $3, $4, now())`, [
        offset,
        key,
        JSON.stringify(data),
        headers,
      ])
    }
    await append(0, 'b1', 'booking.craeted')
    await append(1, '"b1"', 'booking.created')
    await client.query(
      `insert into event_log_end values ('booking', 0, 2) on conflict (topic, partition) do update set next = 2`,
    )
    await client.end()
    await expect.poll(async () => (await app.call('u1', '/v1/notifications')).body.head, { timeout: 10_000 }).toBe(1)
    const notes = [
      'records of the type "booking.craeted" are skipped (1 by now), as no plugin listens to it: did you mean booking.created?',
    ]
    await expect
      .poll(async () => (await fetch(`${app.url}/ready`)).json())
      .toMatchObject({ status: 'ok', parts: { 'topic booking': { status: 'ok', notes } } })
    const text = await (await fetch(`${app.url}/metrics`)).text()
    expect(text).toContain(
      'belfry_events_unknown_total{topic="booking",type="booking.craeted",meant="booking.created"} 1',
    )
    expect(text).toContain('belfry_records_noticed_total{topic="booking",form="quoted_key"} 1')
    const logged = app.lines.map((line) => JSON.parse(line))
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, topic: 'booking', meant: 'booking.created', offset: 0 }),
    )
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, form: 'quoted_key', partition: 0, offset: 1, event: 'e1' }),
    )
  },
)
