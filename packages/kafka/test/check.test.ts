import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkKafka } from '../src/cluster/check.ts'
import type { KafkaOptions } from '../src/kafkajs/client.ts'
import { quiet } from './consuming.ts'
import { smallBroker } from './small-broker.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
async function start() {
  const broker = await smallBroker()
  open.push(broker)
  return broker
}
const at = (address: string): KafkaOptions => ({ bootstrapServers: [address], clientId: 'test', logger: quiet })
const check = async (options: KafkaOptions, topics = ['events'], more?: Parameters<typeof checkKafka>[2]) =>
  (await checkKafka(options, topics, more)).map(({ message }) => message)

describe('checking Kafka before the start', () => {
  it('finds nothing wrong where all is well', async () => {
    const broker = await start()
    expect(await check(at(broker.address))).toEqual([])
  })

  it('names the address when no broker answers', async () => {
    expect(await check(at('localhost:1'))).toEqual([
      expect.stringMatching(/^KAFKA_UNREACHABLE: Kafka at localhost:1 cannot be reached: .*ECONNREFUSED/),
    ])
  })

  it('finds an IPv6 address in brackets', async () => {
    // Whether this machine has IPv6 or not: it is tried.
    expect(await check(at('[::1]:1'))).toEqual([
      expect.stringMatching(/^KAFKA_UNREACHABLE: Kafka at \[::1\]:1 cannot be reached: .*connect E\w+ ::1:1/),
    ])
  })

  it('says what it may mean that the connection is closed', async () => {
    const server = createServer((socket) => void socket.once('data', () => socket.end())).listen(0, 'localhost')
    await new Promise((done) => server.once('listening', done))
    open.push({ close: () => new Promise((done) => server.close(() => done())) })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    expect(await check(at(`localhost:${port}`))).toEqual([expect.stringMatching(/TLS or SASL is missing$/)])
  })

  it('says that the password is refused, in the words of the broker', async () => {
    const broker = await start()
    const sasl = { mechanism: 'plain', username: 'belfry', password: 'secret' } as const
    expect(await check({ ...at(broker.address), sasl })).toEqual([
      `KAFKA_AUTHENTICATION_FAILED: Kafka at ${broker.address} does not accept the credentials: SASL PLAIN authentication failed: wrong user or password`,
    ])
  })

  it('says that the mechanism is not offered', async () => {
    const broker = await start()
    const sasl = { mechanism: 'scram-sha-512', username: 'belfry', password: 'secret' } as const
    expect(await check({ ...at(broker.address), sasl })).toEqual([
      `KAFKA_AUTHENTICATION_FAILED: Kafka at ${broker.address} does not accept the credentials: SASL SCRAM-SHA-512 mechanism is not supported by the server`,
    ])
  })

  it('reports everything at once: versions that brokers have dropped or do not support yet, topics that are missing or refused', async () => {
    const broker = await start()
    broker.versions.set(1, [12, 17]).set(2, [4, 10]).set(0, [0, 2])
    broker.versions.delete(15)
    expect(await check(at(broker.address), ['events', 'booking', 'secret', 'waitlist'])).toEqual([
      `KAFKA_TOO_OLD: Kafka at ${broker.address} is too old: it has Produce up to version 2, expected 3; it has no DescribeGroups`,
      `KAFKA_TOO_NEW: Kafka at ${broker.address} no longer supports the requests that Belfry sends: it has Fetch from version 12 on, expected 11; it has ListOffsets from version 4 on, expected 3`,
      `TOPICS_MISSING: Kafka at ${broker.address} lacks booking, waitlist`,
      `TOPICS_REFUSED: Kafka at ${broker.address} refuses secret: Not authorized to access topics: [Topic authorization failed]`,
    ])
  })

  it('does not read what Kafka keeps for itself', async () => {
    const broker = await start()
    const topics = ['events', '__consumer_offsets', '__transaction_state']
    expect(await check(at(broker.address), topics, { createTopics: true })).toContain(
      'TOPICS_INTERNAL: Kafka keeps its own records in __consumer_offsets, __transaction_state: these topics hold no events',
    )
  })

  it('does not mind missing topics that may be created, but brokers that cannot', async () => {
    const broker = await start()
    expect(await check(at(broker.address), ['booking'], { createTopics: true })).toEqual([
      `KAFKA_TOO_OLD: Kafka at ${broker.address} is too old: it has no CreateTopics`,
    ])
  })

  it('does not mind brokers that do not tell their settings', async () => {
    const broker = await start()
    expect(await check(at(broker.address), ['events'], { sessionTimeout: 5_000 })).toEqual([])
    broker.versions.set(32, [0, 0])
    expect(await check(at(broker.address), ['events'], { sessionTimeout: 5_000 })).toEqual([])
    expect(broker.asked.filter(({ api }) => api === 32)).toHaveLength(1)
  })

  it('names the addresses that the brokers advertise, when they are wrong', async () => {
    const broker = await start()
    broker.advertised = 1
    expect(await check(at(broker.address))).toEqual([
      expect.stringMatching(
        /^KAFKA_ADDRESSES_UNREACHABLE: .* at the addresses that they advertise \(localhost:1\): .*ECONNREFUSED/,
      ),
    ])
  })
})
