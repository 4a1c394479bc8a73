import { encodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { uniqueName } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { noted, noteWritten } from '../intake/troubled-note.ts'
import { startBelfry } from '../start-belfry.ts'
import { startServices } from './services.ts'

const services = await startServices()

/** A booking that its plugin takes 400 ms for; those of one key wait for one another. */
const slow = (id: string, userId: string) =>
  encodeRecord(
    bookingCreated.create({
      source: '/test',
      id,
      data: {
        bookingId: 'same',
        userId,
        resourceId: '/nowhere',
        resourceName: 'takes its time',
        startsAt: '2030-05-05T10:00:00Z',
        endsAt: '2030-05-05T11:00:00Z',
      },
    }),
    bookingCreated,
  )
const note = (id: string, userId: string) => encodeRecord(noted(id, userId, 'quick'), noteWritten)

describe.skipIf(services === undefined)('what takes long on Kafka', () => {
  it('is given back in part, and told once and in order, while others are told', { timeout: 120_000 }, async () => {
    if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
    const { kafka, postgres } = services
    const name = uniqueName()
    await kafka.createTopic(name, { partitions: 2 })
    await using belfry = await startBelfry({
      postgres: await postgres.createDatabase(name),
      plugins: new URL('../intake/troubled-plugins.ts', import.meta.url),
      env: {
        NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: kafka.bootstrap.join(','),
        NOTIFICATION_SERVICE__KAFKA__GROUP_ID: name,
        NOTIFICATION_SERVICE__KAFKA__WORKERS: '1',
        NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: name,
      },
    })
    const producer = new Kafka({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const ids = Array.from({ length: 20 }, (_, at) => String(at))
    const send = (partition: number, records: readonly ReturnType<typeof note>[]) =>
      producer.send({ topic: name, messages: records.map((record) => ({ ...record, partition })) })
    // Eight seconds of slow ones, with notes between them in their partition and in another.
    await Promise.all([
      send(
        0,
        ids.flatMap((id) => [slow(`slow ${id}`, 'u1'), note(`between ${id}`, 'u1')]),
      ),
      send(
        1,
        ids.map((id) => note(`beside ${id}`, 'u2')),
      ),
    ])
    await producer.disconnect()

    const told = async (person: string, type: string): Promise<readonly string[]> => {
      const { body } = await belfry.call(person, '/v1/notifications?limit=200')
      const items: readonly { type: string; title: string }[] = body.items
      return items.flatMap((item) => (item.type === type ? [item.title] : [])).toReversed()
    }
    const notes = (what: string) => ids.map((id) => `Note ${what} ${id}`)
    await expect.poll(() => told('u2', 'noting.told'), { timeout: 60_000 }).toEqual(notes('beside'))
    // Those of the other partition did not wait for the end of the slow ones.
    expect((await told('u1', 'noting.told')).length).toBeLessThan(ids.length)
    await expect.poll(() => told('u1', 'noting.told'), { timeout: 60_000 }).toEqual(notes('between'))
    expect((await told('u1', 'troubled.told')).length).toBe(ids.length)
    expect((await told('u1', 'steady.told')).length).toBe(ids.length)
    const authorization = `Bearer ${await belfry.token('op', 'ops')}`
    expect((await belfry.call('op', '/v1/ops/dead-letters', { headers: { authorization } })).body.items).toEqual([])
  })
})
