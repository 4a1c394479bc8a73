import { createRequire } from 'node:module'
import { setTimeout as pass } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, it } from 'vitest'
import { readTopicIds } from '../src/cluster/topic-ids.ts'
import { createConsumer } from '../src/group/create-consumer.ts'
import { internal } from '../src/kafkajs/internals/internals.ts'
import type { Listener } from '../src/kafkajs/listener.ts'
import { patch } from '../src/kafkajs/patch.ts'
import { FIRST_ID, idOf, type SmallBroker, smallBroker } from './small-broker.ts'
import { batchOf } from './wire.ts'

const require = createRequire(import.meta.url)
const JOIN = 11
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
async function start(partitions = 1) {
  const broker = await smallBroker(partitions, 2)
  open.push(broker)
  return broker
}
/** A client that does not tolerate missing topics, and waits less than ours. */
function clientOf({ ports }: SmallBroker): Kafka {
  patch()
  return new Kafka({
    brokers: ports.map((port) => `localhost:${port}`),
    connectionTimeout: 200,
    requestTimeout: 400,
    logLevel: logLevel.NOTHING,
    retry: { retries: 1, initialRetryTime: 20 },
  })
}
/** Reads the topic to its end; answers what has come, and why it has ended. */
async function reading(broker: SmallBroker, listener: Pick<Listener, 'isOver'> = {}, metadataMaxAge = 60_000) {
  const [values, crashes]: [string[], string[]] = [[], []]
  const consumer = createConsumer(
    clientOf(broker),
    {
      groupId: 'g',
      maxWaitTimeInMs: 50,
      heartbeatInterval: 50,
      metadataMaxAge,
      retry: { retries: 0, restartOnFailure: async () => false },
    },
    { outOfRange() {}, unreadable() {}, logIdOf: () => idOf(FIRST_ID), maxRecordBytes: 1_048_576, ...listener },
  )
  consumer.on(consumer.events.CRASH, ({ payload }) => void crashes.push(String(payload.error)))
  await consumer.connect()
  await consumer.subscribe({ topics: ['events'], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => void values.push(...batch.messages.map(({ value }) => String(value))),
  })
  open.push({ close: () => consumer.disconnect() })
  return { values, crashes }
}
const joins = ({ asked }: SmallBroker) => asked.filter(({ api }) => api === JOIN).length

describe('a broker that hangs', () => {
  it('is not waited for again where another one leads its partitions by then', async () => {
    const broker = await start()
    const [one] = broker.partitions.values()
    if (one === undefined) throw new Error('there is no partition')
    one.leader = 2
    const { values, crashes } = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)

    broker.hanging.add(2)
    Object.assign(one, { leader: 1, batches: [await batchOf(0, [0])] })
    await expect.poll(() => [values, crashes]).toEqual([['0'], []])
    expect(joins(broker)).toBe(1)
  })

  it('is not asked again and again whether it still coordinates the group', async () => {
    const broker = await start()
    const [one] = broker.partitions.values()
    if (one === undefined) throw new Error('there is no partition')
    broker.coordinator = 2
    one.leader = 2
    const { values, crashes } = await reading(broker)
    const heartbeats = () => broker.asked.filter(({ api, node }) => api === 12 && node === 2).length
    await expect.poll(heartbeats).toBeGreaterThan(0)

    broker.hanging.add(2)
    const before = heartbeats()
    broker.coordinator = 1
    Object.assign(one, { leader: 1, batches: [await batchOf(0, [0])] })
    await expect.poll(() => joins(broker)).toBe(2)
    expect(heartbeats() - before).toBeLessThanOrEqual(1)
    expect(broker.asked.findLast(({ api }) => api === JOIN)?.node).toBe(1)
    await expect.poll(() => [values.at(-1), crashes]).toEqual(['0', []])
  })

  it('is tried last by later clients, until it answers', async () => {
    const broker = await start()
    broker.hanging.add(1)
    const read = async () => {
      const before = broker.asked.length
      await readTopicIds(clientOf(broker), ['events'])
      return broker.asked.slice(before).map(({ node }) => node)
    }
    // The one that is configured first hangs.
    expect(new Set(await read())).toEqual(new Set([1, 2]))
    expect(new Set(await read())).toEqual(new Set([2]))
    // No other broker answers now.
    broker.hanging.delete(1)
    broker.hanging.add(2)
    expect(await read()).toContain(1)
    expect(new Set(await read())).toEqual(new Set([1]))
  })
})

/** What is used of kafkajs's BrokerPool. */
interface Pool {
  brokers: Record<string, { nodeId: string; connectionPool: { host: string; port: number }; isConnected(): boolean }>
  findConnectedBroker(): Promise<{ readonly nodeId: string }>
  withBroker(work: (found: { readonly nodeId: string }) => Promise<unknown>): Promise<unknown>
}
/** What is used of kafkajs's ConsumerGroup. */
interface Group {
  memberId: string
  lastRequest: number
  coordinator: { heartbeat(): Promise<void> }
  heartbeat(options: { readonly interval: number }): Promise<void>
}
const silentLogger = { namespace: () => silentLogger, debug() {}, info() {}, warn() {}, error() {} }

describe('what kafkajs is made of', () => {
  it('asks a broker that is silent only where there is no other one', async () => {
    const broker = await start()
    broker.hanging.add(1)
    await readTopicIds(clientOf(broker), ['events'])
    const BrokerPool: new (options: object) => Pool = require('kafkajs/src/cluster/brokerPool')
    const pool = new BrokerPool({ connectionPoolBuilder: {}, logger: silentLogger })
    const brokerAt = (nodeId: string, port = 0) => {
      return { nodeId, connectionPool: { host: 'localhost', port }, isConnected: () => true }
    }
    const [silent, other] = [brokerAt('1', broker.ports[0]), brokerAt('2', broker.ports[1])]
    pool.brokers = { 1: silent, 2: other }
    const found = new Set<string>()
    // kafkajs draws one.
    for (let times = 0; times < 20; times++) {
      found.add((await pool.findConnectedBroker()).nodeId)
      await pool.withBroker(async ({ nodeId }) => void found.add(nodeId))
    }
    expect(found).toEqual(new Set(['2']))
    pool.brokers = { 1: silent }
    expect((await pool.findConnectedBroker()).nodeId).toBe('1')
    expect(await pool.withBroker(async ({ nodeId }) => nodeId)).toBe('1')
  })

  it('does not ask a coordinator again that was away, before it has joined again', async () => {
    patch()
    const ConsumerGroup: new (options: object) => Group = require('kafkajs/src/consumer/consumerGroup')
    const { KafkaJSConnectionClosedError: Closed } = internal('errors')
    const assigners = [{ [Symbol.for('belfry.kafkajs.listener')]: { outOfRange() {}, unreadable() {} } }]
    const group = new ConsumerGroup({ logger: silentLogger, assigners, instrumentationEmitter: { emit() {} } })
    let asked = 0
    Object.assign(group, { memberId: 'm', lastRequest: 0 })
    group.coordinator = {
      async heartbeat() {
        asked++
        throw new Closed('it hangs', {})
      },
    }
    for (let times = 0; times < 3; times++)
      await expect(group.heartbeat({ interval: 0 })).rejects.toMatchObject({ type: 'NOT_COORDINATOR_FOR_GROUP' })
    expect(asked).toBe(1)
  })
})

describe('a consumer that has to join its group again', () => {
  it('joins it once, however many of its fetchers have seen so', async () => {
    const broker = await start(2)
    const [one, two] = broker.partitions.values()
    if (one === undefined || two === undefined) throw new Error('there are no partitions')
    two.leader = 2
    await reading(broker, {}, 100)
    await expect.poll(() => new Set(broker.fetched.map(({ node }) => node)).size).toBe(2)

    const { promise, resolve: letIn } = Promise.withResolvers<void>()
    broker.waits.set(JOIN, promise)
    broker.partitions.set('events-2', { ...one, batches: [] })
    await expect.poll(() => joins(broker)).toBeGreaterThan(1)
    // All fetchers have returned by then.
    await pass(300)
    letIn()
    const fetches = broker.fetched.length
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(fetches + 2)
    expect(joins(broker)).toBe(2)
  })

  it('does not, once another one has taken its place', async () => {
    const broker = await start()
    broker.coordinator = 2
    let isOver = false
    const { crashes } = await reading(broker, { isOver: () => isOver })
    await expect.poll(() => broker.asked.some(({ api }) => api === 12)).toBe(true)
    isOver = true
    broker.hanging.add(2)
    broker.coordinator = 1
    await expect.poll(() => crashes).toEqual([expect.stringContaining('another consumer has taken the place')])
    expect(joins(broker)).toBe(1)
  })
})
