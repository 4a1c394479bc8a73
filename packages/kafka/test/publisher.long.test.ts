import { findKafka, isMissing, type KafkaServer, startKafka, uniqueName } from '@belfry/test-services'
import { Partitioners } from 'kafkajs'
import { afterAll, describe, expect, it } from 'vitest'
import { createKafkaPublisher } from '../src/index.ts'
import { type Clients, connectClients, createLines, until } from './on-kafka.ts'

/** The Kafkas that have been started, by how many brokers they have. */
const started = new Map<1 | 3, Promise<KafkaServer>>()
afterAll(async () => {
  for (const one of started.values()) await (await one)[Symbol.asyncDispose]()
})

/** A publisher, and clients beside it; both end together. */
async function open(brokers: 1 | 3) {
  await using stack = new AsyncDisposableStack()
  const starting = started.get(brokers) ?? startKafka({ brokers })
  started.set(brokers, starting)
  const kafka = await starting
  const clients = stack.adopt(await connectClients(kafka.bootstrap), (own) => own.close())
  const publisher = stack.adopt(
    createKafkaPublisher({ bootstrapServers: kafka.bootstrap, clientId: 'test', logger: createLines().logger }),
    (own) => own.close(),
  )
  const moved = stack.move()
  return { kafka, clients, publisher, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}
type Opened = Awaited<ReturnType<typeof open>>

const record = (topic: string, name: string, size: number) => ({
  topic,
  key: 'one',
  headers: {},
  value: `${name} `.padEnd(size, '.'),
})
/** The names of what a topic holds, each as often as it is there. */
async function namesIn({ kafka, admin }: Clients, topic: string): Promise<readonly string[]> {
  const [end] = await admin.fetchTopicOffsets(topic)
  const consumer = kafka.consumer({ groupId: uniqueName(), maxWaitTimeInMs: 50 })
  const names: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void names.push(`${message.value}`.split(' ')[0] ?? '') })
  await until(() => names.length === Number(end?.high))
  await consumer.disconnect()
  return names
}
/** Publishes each list by itself, all at the same time. */
const publishAll = async ({ publisher }: Opened, lists: readonly Parameters<typeof publisher.publish>[0][]) =>
  (await Promise.allSettled(lists.map((one) => publisher.publish(one)))).map((one) =>
    one.status === 'fulfilled' ? 'published' : String(one.reason),
  )

describe.skipIf(isMissing(findKafka()))('a publisher', () => {
  it('does not report that all is in the log where a leader has moved to a broker that answers for another partition', async () => {
    await using opened = await open(3)
    const { publisher } = opened
    const { admin } = opened.clients
    const topic = uniqueName()
    await opened.kafka.createTopic(topic, { replicas: [[1], [2]] })
    // Enough keys that both partitions have some.
    const records = Array.from({ length: 20 }, (_, index) => ({ topic, key: `k${index}`, value: 'v', headers: {} }))
    await publisher.publish(records)
    const ends = async () =>
      (await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high)).toSorted((a, b) => a - b)
    const once = await ends()
    expect(once[0]).toBeGreaterThan(0)
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [1] }] }],
    })
    const leader = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.find(({ partitionId }) => partitionId === 1)?.leader
    }
    await until(async () => (await leader()) === 1)
    const isSent = await publisher.publish(records).then(
      () => true,
      () => false,
    )
    // A caller that gets an error sends it again.
    if (!isSent) await publisher.publish(records)
    const both = await ends()
    for (const [index, end] of once.entries()) expect(both[index]).toBeGreaterThanOrEqual(2 * end)
  })

  it('keeps a topic that is not there from holding up another, whether they are sent together or at the same time', async () => {
    await using opened = await open(1)
    const [topic, gone] = [await opened.clients.topic(), uniqueName()]
    const to = (name: string, ...topics: readonly string[]) => topics.map((one) => record(one, name, 100))
    const away = expect.stringMatching(/^BelfryError: LOG_UNAVAILABLE/)
    expect(
      await publishAll(opened, [to('n0', topic), to('gone', gone), to('n1', topic), to('n2', gone, topic)]),
    ).toEqual(['published', away, 'published', away])
    expect(await namesIn(opened.clients, topic)).toEqual(['n0', 'n1', 'n2'])
  })

  it('sends to the partitions that are led while another one of their topic is not', async () => {
    await using opened = await open(3)
    const { admin } = opened.clients
    const topic = uniqueName()
    await opened.kafka.createTopic(topic, { replicas: [[1], [2]] })
    const choose = Partitioners.DefaultPartitioner()
    const partitionMetadata = [0, 1].map((partitionId) => ({
      partitionId,
      leader: 1,
      replicas: [],
      isr: [],
      partitionErrorCode: 0,
    }))
    const keyOf = (partition: number) =>
      Array.from({ length: 100 }, (_, index) => `k${index}`).find(
        (key) => choose({ topic, partitionMetadata, message: { key, value: null } }) === partition,
      ) ?? ''
    const to = (partition: number) => [{ topic, key: keyOf(partition), value: 'v', headers: {} }]
    expect(await publishAll(opened, [to(0), to(1)])).toEqual(['published', 'published'])
    await opened.kafka.kill(1)
    // The others take it for dead after some seconds: until then they report it as the leader.
    const metadata = () => admin.fetchTopicMetadata({ topics: [topic] }).then(() => '', String)
    await until(async () => (await metadata()).includes('no leader'))
    const unled = expect.stringMatching(`LOG_UNAVAILABLE: the log of events is away: no broker leads .*1 of ${topic}`)
    const several = [to(0), to(1), to(0), to(1), to(0)]
    await expect.poll(() => publishAll(opened, several)).toEqual(['published', unled, 'published', unled, 'published'])
    expect(await publishAll(opened, [to(1)])).toEqual([unled])
    expect(await publishAll(opened, [to(0)])).toEqual(['published'])
  })

  it('does not fail what is being sent only because a broker is slow', async () => {
    await using opened = await open(1)
    const topic = await opened.clients.topic()
    const to = (name: string) => [record(topic, name, 100)]
    expect(await publishAll(opened, [to('n0')])).toEqual(['published'])
    opened.kafka.freeze(true)
    const slow = publishAll(opened, [to('n1')])
    // It is under way for longer than anybody waits for their turn.
    expect(await publishAll(opened, [to('n2')])).toEqual([expect.stringMatching(/others were sent first/)])
    opened.kafka.freeze(false)
    expect(await slow).toEqual(['published'])
    expect(await namesIn(opened.clients, topic)).toEqual(['n0', 'n1'])
  })

  it('sends apart what is too large for a broker together, in its order', async () => {
    await using opened = await open(1)
    const { clients } = opened
    const [usual, narrow] = [await clients.topic(), await clients.topic(1, { 'max.message.bytes': '10000' })]
    // More than a broker takes at once as it is delivered, and each of it as large as it may be.
    const large = Array.from({ length: 6 }, (_, index) => [record(usual, `n${index}`, 900_000)])
    expect(await publishAll(opened, large)).toEqual(large.map(() => 'published'))
    expect(await namesIn(clients, usual)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5'])
    // One call publishes more than this topic accepts at once.
    const small = Array.from({ length: 30 }, (_, index) => record(narrow, `n${index}`, 1_000))
    expect(await publishAll(opened, [small])).toEqual(['published'])
    expect(await namesIn(clients, narrow)).toEqual(small.map((_, index) => `n${index}`))
  })

  it('refuses what is too large for its topic by itself, and none of the others that wait', async () => {
    await using opened = await open(1)
    const { clients } = opened
    const topic = await clients.topic(1, { 'max.message.bytes': '10000' })
    const one = (name: string) => [record(topic, name, 1_000)]
    const mixed = [record(topic, 'small', 1_000), record(topic, 'huge', 20_000), record(topic, 'last', 1_000)]
    expect(await publishAll(opened, [one('first'), one('before'), mixed, one('after')])).toEqual([
      'published',
      'published',
      expect.stringMatching(`EVENT_TOO_LARGE: ${topic} does not accept a record of 20003 bytes`),
      'published',
    ])
    expect(new Set(await namesIn(clients, topic))).toEqual(new Set(['first', 'before', 'small', 'after']))
  })
})
