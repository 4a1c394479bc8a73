import { execFileSync, spawnSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkKafka } from '../src/check.ts'
import { createKafkaClient, type KafkaOptions } from '../src/client.ts'
import { createTopics } from '../src/create-topics.ts'
import { evict, membersOf } from '../src/evict.ts'
import { readTopicIds } from '../src/topic-ids.ts'
import { consume, quiet } from './consuming.ts'
import { type Clients, connectClients, uniqueName } from './on-kafka.ts'

const brokers = process.env.BELFRY_TEST_KAFKA?.split(',') ?? ['127.0.0.1:19092']
const options: KafkaOptions = { bootstrapServers: brokers, clientId: 'test', log: quiet }
const kafka = createKafkaClient(options)
let clients: Clients
beforeAll(async () => {
  clients = await connectClients(brokers)
})
afterAll(() => clients.close())

describe('a real Kafka', () => {
  it('has nothing wrong, and topics that are made when they are missing', async () => {
    const topics = [uniqueName(), uniqueName()]
    expect((await checkKafka(options, topics)).map(({ message }) => message)).toEqual([
      `TOPICS_MISSING: Kafka at ${brokers.join(', ')} lacks ${topics.join(', ')}`,
    ])
    expect(await createTopics(kafka, topics, { partitions: 3 })).toEqual(topics)
    expect(await checkKafka(options, topics)).toEqual([])
    expect(await createTopics(kafka, topics)).toEqual([])
    expect([...(await readTopicIds(kafka, topics)).values()].map(({ partitions }) => partitions)).toEqual([3, 3])
  })

  it('says why it did not make a topic', async () => {
    await expect(createTopics(kafka, ['not a name'])).rejects.toThrow(
      /TOPICS_NOT_CREATED: Kafka did not create not a name: /,
    )
    await expect(createTopics(kafka, [uniqueName()], { replicationFactor: 99 })).rejects.toThrow(/TOPICS_NOT_CREATED/)
  })

  it('gives a topic that is made anew another id, and has none for one that is not there', async () => {
    const topic = await clients.topic(2)
    const before = (await readTopicIds(kafka, [topic])).get(topic)
    expect(before).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), partitions: 2 })
    await clients.admin.deleteTopics({ topics: [topic] })
    await expect.poll(async () => (await readTopicIds(kafka, [topic])).size).toBe(0)
    await createTopics(kafka, [topic], { partitions: 2 })
    expect((await readTopicIds(kafka, [topic])).get(topic)?.id).not.toBe(before?.id)
  })

  it('lets go of a member that has died when somebody says so, long before its session ends', async () => {
    const topic = await clients.topic()
    const groupId = uniqueName()
    const sockets = new Set<Socket>()
    let dead = false
    const other = new Kafka({
      brokers,
      logLevel: logLevel.NOTHING,
      retry: { retries: 0, restartOnFailure: async () => false },
      socketFactory: ({ host, port, onConnect }) => {
        if (dead) throw new Error('the process has died')
        const socket = connect({ host, port }, onConnect)
        sockets.add(socket)
        return socket
      },
    })
    const join = async (client: Kafka) => {
      const consumer = client.consumer({ groupId, sessionTimeout: 30_000, maxWaitTimeInMs: 50 })
      let joined: string | undefined
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        joined = payload.memberId
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      // It is done when the group has let it in.
      const running = consumer.run({ autoCommit: false, eachBatch: async () => {} })
      return { consumer, running, member: () => joined }
    }
    const first = await join(other)
    await expect.poll(first.member).toBeDefined()
    expect(await membersOf(kafka, groupId)).toEqual([first.member()])
    dead = true
    for (const socket of sockets) socket.destroy()

    const second = await join(kafka)
    try {
      await evict(kafka, groupId, [first.member() ?? ''])
      await expect.poll(second.member).toBeDefined()
      expect(await membersOf(kafka, groupId)).toEqual([second.member()])
    } finally {
      await second.running
      await second.consumer.disconnect()
    }
  })

  it('has nothing of transactions that were aborted, though they lie across one another', async () => {
    const topic = await clients.topic()
    const [one, other] = [uniqueName(), uniqueName()].map((transactionalId) =>
      kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true, createPartitioner: () => () => 0 }),
    )
    if (one === undefined || other === undefined) throw new Error('two producers were made')
    await Promise.all([one.connect(), other.connect()])
    const send = (to: Pick<typeof one, 'send'>, value: string) => to.send({ topic, messages: [{ value }] })
    const first = await one.transaction()
    await send(first, 'aborted')
    const second = await other.transaction()
    await send(second, 'aborted')
    await second.abort()
    const third = await other.transaction()
    await send(third, 'committed')
    await send(first, 'aborted')
    await first.abort()
    await third.commit()
    await Promise.all([one.disconnect(), other.disconnect()])
    await clients.producer.send({ topic, messages: [{ value: 'plain' }] })

    const consuming = await consume(brokers.join(','), undefined, topic)
    try {
      await expect.poll(() => consuming.records.get(0)?.at(-1)).toBe('plain')
      expect(consuming.records.get(0)).toEqual(['committed', 'plain'])
    } finally {
      await consuming.close()
    }
  })

  const kcat = spawnSync('kcat', ['-V']).status === 0
  if (!kcat && process.env.CI) throw new Error('kcat is missing: install it (apt-get install kcat)')
  it.skipIf(!kcat).each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ])('keeps %s that others wrote and we read, and the other way round', async (name, compression) => {
    const topic = await clients.topic()
    const theirs = Array.from({ length: 5_000 }, (_, index) => `theirs ${index}`)
    execFileSync('kcat', ['-P', '-b', brokers.join(','), '-t', topic, '-z', name, '-X', 'linger.ms=100'], {
      input: theirs.join('\n'),
    })
    const consuming = await consume(brokers.join(','), undefined, topic)
    const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: () => () => 0 })
    try {
      await expect.poll(() => consuming.records.get(0)).toEqual(theirs)
      expect(consuming.batches.length).toBeLessThan(theirs.length)
      await producer.connect()
      const ours = theirs.map((_, index) => `ours ${index}`)
      await producer.send({ topic, compression, messages: ours.map((value) => ({ value })) })
      const read = execFileSync('kcat', ['-C', '-b', brokers.join(','), '-t', topic, '-e', '-q']).toString()
      expect(read.trim().split('\n')).toEqual([...theirs, ...ours])
    } finally {
      await producer.disconnect()
      await consuming.close()
    }
  })
})
