import { encodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { uniqueName } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { booked, quick } from '../intake/on-threads.ts'
import { noted, noteWritten } from '../intake/troubled-note.ts'
import { startBelfry } from '../start-belfry.ts'
import { startServices } from './services.ts'

const services = await startServices()

const booking = (id: string) => encodeRecord(booked(id, 'u1'), bookingCreated)
const note = (id: string, text: string) => encodeRecord(noted(id, 'u1', text), noteWritten)

describe.skipIf(services === undefined)('records that end or block threads on Kafka', () => {
  it('keep nobody else waiting, and no operator', { timeout: 240_000 }, async () => {
    if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
    const { kafka, postgres } = services
    const name = uniqueName()
    await kafka.createTopic(name, { partitions: 4 })
    await using belfry = await startBelfry({
      postgres: await postgres.createDatabase(name),
      forced: { ticks: quick },
      plugins: new URL('../intake/troubled-plugins.ts', import.meta.url),
      env: {
        NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: kafka.bootstrap.join(','),
        NOTIFICATION_SERVICE__KAFKA__GROUP_ID: name,
        NOTIFICATION_SERVICE__KAFKA__WORKERS: '2',
        NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: name,
      },
    })
    const producer = new Kafka({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const send = (partition: number, records: readonly ReturnType<typeof booking>[]) =>
      producer.send({ topic: name, messages: records.map((record) => ({ ...record, partition })) })
    const ids = (partition: number, count: number) => Array.from({ length: count }, (_, at) => `${partition}.${at}`)
    const ordinary = [0, 1, 2].flatMap((partition) => ids(partition, 20))
    await send(0, [
      ...ids(0, 10).map(booking),
      ...[note('dies', 'exits'), note('hangs', 'loops')],
      ...ids(0, 20).slice(10).map(booking),
    ])
    for (const partition of [1, 2]) await send(partition, ids(partition, 20).map(booking))
    await producer.disconnect()

    const authorization = `Bearer ${await belfry.token('op', 'ops')}`
    const ops = (path: string, init: { method?: string; json?: unknown } = {}) =>
      belfry.call('op', `/v1/ops${path}`, { ...init, headers: { authorization } })
    const answers = new Set<number>()
    await expect
      .poll(
        async () => {
          const moved = { method: 'PUT', json: { position: 0 } }
          const empty = await ops('/topics/booking/partitions/3/position', moved)
          const { status, body } = await ops('/positions')
          for (const one of [status, empty.status]) answers.add(one)
          const items: readonly { lag: { events: number } }[] = body.items ?? []
          return items.map(({ lag }) => lag.events)
        },
        { timeout: 200_000, interval: 100 },
      )
      .toEqual([0, 0, 0, 0])
    // Operators were answered all the time.
    expect([...answers]).toEqual([200])
    const { body } = await belfry.call('u1', '/v1/notifications?limit=200')
    const told: readonly { type: string; title: string }[] = body.items
    for (const plugin of ['steady', 'troubled'])
      expect(
        told
          .filter(({ type }) => type === `${plugin}.told`)
          .map(({ title }) => title)
          .toSorted(),
      ).toEqual(ordinary.map((id) => `Booking ${id}`).toSorted())
    const letters = (await ops('/dead-letters')).body.items
    expect(letters).toMatchObject([
      { code: 'RECORD_BLOCKED', partition: 0, offset: 11 },
      { code: 'RECORD_BLOCKED', partition: 0, offset: 10 },
    ])
    expect(letters.map((letter: object) => 'plugin' in letter)).toEqual([false, false])
  })
})
