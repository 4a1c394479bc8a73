import { encodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { uniqueName } from '@belfry/test-services'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { booked } from '../intake/on-threads.ts'
import { startBelfry } from '../start-belfry.ts'
import { startServices } from './services.ts'

const services = await startServices()
const MB = 2 ** 20

const booking = (id: string) => encodeRecord(booked(id, 'u1'), bookingCreated)
/** An event of 2 MB, as whoever wrote its producer did not mean it. */
const large = () => {
  const event = booked('large', 'u1')
  return encodeRecord({ ...event, data: Object.assign({ comment: ' '.repeat(2 * MB) }, event.data) }, bookingCreated)
}

describe.skipIf(services === undefined)('records that are larger than may be read from Kafka', () => {
  it('become dead letters, keep nobody waiting, and are read where the limit is raised', {
    timeout: 240_000,
  }, async () => {
    if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
    const { kafka, postgres } = services
    const name = uniqueName()
    await kafka.createTopic(name, { partitions: 2 })
    const database = await postgres.createDatabase(name)
    const start = (env: NodeJS.ProcessEnv = {}) =>
      startBelfry({
        postgres: database,
        plugins: new URL('../intake/troubled-plugins.ts', import.meta.url),
        env: {
          NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: kafka.bootstrap.join(','),
          NOTIFICATION_SERVICE__KAFKA__GROUP_ID: name,
          NOTIFICATION_SERVICE__KAFKA__WORKER_MEMORY_MB: '256',
          NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: name,
          ...env,
        },
      })
    type Belfry = Awaited<ReturnType<typeof start>>
    const opsOf =
      (belfry: Belfry) =>
      async (path: string, init: { method?: string; json?: unknown } = {}) => {
        const authorization = `Bearer ${await belfry.token('op', 'ops')}`
        return belfry.call('op', `/v1/ops${path}`, { ...init, headers: { authorization } })
      }
    const told = async (belfry: Belfry) => {
      const { body } = await belfry.call('u1', '/v1/notifications?limit=200')
      const items: readonly { type: string; title: string }[] = body.items
      return items.flatMap(({ type, title }) => (type === 'steady.told' ? title : [])).toSorted()
    }
    const titles = (...ids: readonly string[]) => ids.map((id) => `Booking ${id}`).toSorted()
    const ordinary = Array.from({ length: 20 }, (_, at) => `0.${at}`)

    const first = await start()
    const producer = new Kafka({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const send = (partition: number, ...values: readonly object[]) => {
      const messages = values.map((value) => ({ value: null, ...value, partition }))
      return producer.send({ topic: name, compression: CompressionTypes.ZSTD, messages })
    }
    const zeros = Buffer.alloc(100 * MB)
    for (let at = 0; at < 10; at++) await send(0, booking(`0.${2 * at}`), { value: zeros }, booking(`0.${2 * at + 1}`))
    await send(1, large(), booking('1.1'))
    await producer.disconnect()

    await expect.poll(() => told(first), { timeout: 120_000 }).toEqual(titles(...ordinary, '1.1'))
    const ops = opsOf(first)
    const letters: readonly { id: number; code: string; size?: number }[] = (await ops('/dead-letters')).body.items
    expect(letters.map(({ code }) => code)).toEqual(Array.from({ length: 11 }, () => 'RECORD_TOO_LARGE'))
    const [letter] = letters
    expect((await ops(`/dead-letters/${letter?.id}`)).body).toMatchObject({ record: { key: null, value: null } })
    expect(await ops(`/dead-letters/${letter?.id}/retry`, { method: 'POST' })).toMatchObject({
      status: 422,
      body: { code: 'RETRY_IMPOSSIBLE' },
    })
    const metrics = await (await fetch(`${first.url}/metrics`)).text()
    expect(metrics).toMatch(/^belfry_dead_letters_total\{plugin="",code="RECORD_TOO_LARGE"\} 11$/m)
    expect(metrics).not.toMatch(/^belfry_thread_restarts_total.* [1-9]/m)
    await first.belfry.close()

    await using second = await start({ NOTIFICATION_SERVICE__KAFKA__MAX_RECORD_BYTES: String(4 * MB) })
    const moved = await opsOf(second)('/topics/booking/partitions/1/position', { method: 'PUT', json: { position: 0 } })
    expect(moved.status).toBe(200)
    // What was applied after it is recognised.
    await expect.poll(() => told(second), { timeout: 60_000 }).toEqual(titles(...ordinary, '1.1', 'large'))
  })
})
