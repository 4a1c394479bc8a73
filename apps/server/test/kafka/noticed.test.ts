import { encodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { uniqueName } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { expect, it } from 'vitest'
import { services, startOn } from './start-on.ts'

const created = (id: string, more: { readonly bookingId?: string; readonly resourceName?: string } = {}) => {
  const { bookingId = id, ...data } = more
  const event = bookingCreated.create({
    source: '/test',
    id,
    data: {
      bookingId,
      userId: 'u1',
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
      ...data,
    },
  })
  const { key, value, headers } = encodeRecord(event, bookingCreated)
  return { key, value, headers }
}
const withHeaders = (
  message: ReturnType<typeof created>,
  of: (name: string, value: string) => readonly [string, string],
) => ({
  ...message,
  headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => of(name, value))),
})

it.skipIf(services === undefined)(
  'counts in all threads what producers send otherwise than expected, and logs each form once for a topic',
  async () => {
    if (services === undefined) throw new Error('Kafka is missing')
    const topic = uniqueName()
    await services.kafka.createTopic(topic, { partitions: 4 })
    const env = { NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: topic, NOTIFICATION_SERVICE__KAFKA__WORKERS: '2' }
    await using belfry = await startOn(['booking'], { env })
    const kafka = new Kafka({ brokers: [...services.kafka.bootstrap], logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    const partitions = [0, 1, 2, 3]
    const messages = partitions.flatMap((partition) => {
      const id = (what: string) => `${what}${partition}`
      const all = [
        { ...created(id('none')), key: null },
        { ...created(id('quoted')), key: JSON.stringify(id('quoted')) },
        withHeaders(created(id('quotes')), (name, value) => [
          name,
          name.startsWith('ce_') ? JSON.stringify(value) : value,
        ]),
        withHeaders(created(id('http')), (name, value) => [name.replace('ce_', 'ce-'), value]),
        withHeaders(created(id('typo')), (name, value) => [name, name === 'ce_type' ? 'booking.craeted' : value]),
        withHeaders(created(id('other')), (name, value) => [name, name === 'ce_type' ? 'booking.priced' : value]),
        { ...created(id('gone')), value: null },
        { ...created(id('empty')), value: '' },
        created(id('twice')),
        created(id('twice'), { resourceName: 'Secret Room' }),
      ]
      return all.map((one) => ({ ...one, partition }))
    })
    await producer.send({ topic, messages })
    await producer.disconnect()
    await belfry.expectBehind([])
    // The counters arrive with what was applied.
    const metrics = async () => (await fetch(`${belfry.url}/metrics`)).text()
    const forms = ['no_key', 'quoted_key', 'quoted_attributes', 'http_attributes', 'tombstone', 'empty']
    await expect
      .poll(
        async () =>
          (await metrics())
            .split('\n')
            .filter((line) => line.startsWith('belfry_records_noticed_total{'))
            .sort(),
        { timeout: 10_000 },
      )
      .toEqual(forms.map((form) => `belfry_records_noticed_total{topic="booking",form="${form}"} 4`).sort())
    const text = await metrics()
    expect(text).toContain(
      'belfry_events_unknown_total{topic="booking",type="booking.craeted",meant="booking.created"} 4',
    )
    expect(text).toContain('belfry_events_unknown_total{topic="booking",type="booking.priced",meant=""} 4')
    expect(text).toContain('belfry_events_reused_ids_total{topic="booking",type="booking.created"} 4')
    const lines: readonly Record<string, unknown>[] = belfry.lines.map((line) => JSON.parse(line))
    const logged = lines.flatMap(
      ({ form, type, msg }) => form ?? (String(msg).startsWith('no plugin listens') ? type : []),
    )
    expect(logged.sort()).toEqual([...forms, 'booking.craeted', 'booking.priced'].sort())
    const reused = lines.filter(({ code }) => code === 'EVENT_ID_REUSED')
    expect(reused.length).toBeGreaterThan(0)
    for (const line of reused)
      expect(line).toMatchObject({
        topic: 'booking',
        source: '/test',
        event: expect.stringMatching(/^twice\d$/),
        applied: expect.stringMatching(/^[0-9a-f]{16}$/),
        sent: expect.stringMatching(/^[0-9a-f]{16}$/),
      })
    expect(belfry.lines.join()).not.toContain('Secret Room')
    const ready: unknown = await (await fetch(`${belfry.url}/ready`)).json()
    expect(ready).toMatchObject({
      parts: { 'topic booking': { status: 'ok', notes: [expect.stringContaining('did you mean booking.created?')] } },
    })
  },
)
