import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { findKafka, findKcat, isMissing, startKafka, uniqueName } from '@belfry/test-services'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  CompressionTypes,
  Kafka,
  logLevel,
  type Producer,
  ResourcePatternTypes,
} from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkKafka } from '../src/cluster/check.ts'
import { createTopics } from '../src/cluster/create-topics.ts'
import { readTopicIds } from '../src/cluster/topic-ids.ts'
import { evict, membersOf } from '../src/group/evict.ts'
import { createKafkaClient, type KafkaOptions } from '../src/kafkajs/client.ts'
import { consume, quiet } from './consuming.ts'
import { type Clients, connectClients, until } from './on-kafka.ts'

// Its cleaner compacts as soon as there is something to compact. A user who connects with SASL may do what a test allows.
const server = isMissing(findKafka())
  ? undefined
  : await startKafka({
      secure: true,
      settings: [
        'log.cleaner.backoff.ms=100',
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users=User:ANONYMOUS',
      ],
    })
const brokers = server?.bootstrap ?? []
const options: KafkaOptions = { bootstrapServers: brokers, clientId: 'test', logger: quiet }
const kafka = createKafkaClient(options)
let clients: Clients
beforeAll(async () => {
  if (server !== undefined) clients = await connectClients(brokers)
})
afterAll(async () => {
  await clients?.close()
  await server?.[Symbol.asyncDispose]()
})
const reading = async (topic: string) => {
  const log = (await readTopicIds(kafka, [topic])).existing.get(topic)?.id
  return consume(brokers.join(','), { topic, ...(log !== undefined && { log }) })
}
const check = async (of: KafkaOptions) => (await checkKafka(of, [])).map(({ message }) => message)

describe.skipIf(server === undefined)('a real Kafka', () => {
  it('has nothing wrong, and topics that are made when they are missing', async () => {
    const topics = [uniqueName(), uniqueName()]
    expect((await checkKafka(options, topics)).map(({ message }) => message)).toEqual([
      `TOPICS_MISSING: Kafka at ${brokers.join(', ')} lacks ${topics.join(', ')}`,
    ])
    expect(await createTopics(kafka, topics, { partitions: 3 })).toEqual(topics)
    expect(await checkKafka(options, topics)).toEqual([])
    expect(await createTopics(kafka, topics)).toEqual([])
    expect([...(await readTopicIds(kafka, topics)).existing.values()].map(({ partitions }) => partitions)).toEqual([
      3, 3,
    ])
  })

  it('says between what its session timeout must be', async () => {
    const checkTimeout = async (sessionTimeout: number) =>
      (await checkKafka(options, [], { sessionTimeout })).map(({ message }) => message)
    expect(await checkTimeout(30_000)).toEqual([])
    for (const timeout of [5_000, 3_600_000])
      expect(await checkTimeout(timeout)).toEqual([
        `KAFKA_SESSION_TIMEOUT_REFUSED: kafka.session_timeout_ms is ${timeout}, expected 6000 to 1800000: Kafka at ${brokers.join(', ')} accepts no other value (group.min.session.timeout.ms and group.max.session.timeout.ms)`,
      ])
  })

  it('says why it did not make a topic', async () => {
    await expect(createTopics(kafka, ['not a name'])).rejects.toThrow(
      /TOPICS_NOT_CREATED: Kafka did not create not a name: /,
    )
    await expect(createTopics(kafka, [uniqueName()], { replicationFactor: 99 })).rejects.toThrow(/TOPICS_NOT_CREATED/)
  })

  it('has another id for a topic that is created again, and none for one that does not exist', async () => {
    const topic = await clients.topic(2)
    const before = (await readTopicIds(kafka, [topic])).existing.get(topic)
    expect(before).toMatchObject({ id: expect.stringMatching(/^[\w-]{22}$/), partitions: 2, unled: [] })
    await clients.admin.deleteTopics({ topics: [topic] })
    await expect.poll(async () => (await readTopicIds(kafka, [topic])).existing.size).toBe(0)
    await createTopics(kafka, [topic], { partitions: 2 })
    expect((await readTopicIds(kafka, [topic])).existing.get(topic)?.id).not.toBe(before?.id)
  })

  it('removes a dead member when it is evicted, long before its session ends', async () => {
    const topic = await clients.topic()
    const groupId = uniqueName()
    const sockets = new Set<Socket>()
    let dead = false
    const other = new Kafka({
      brokers: [...brokers],
      logLevel: logLevel.NOTHING,
      retry: { restartOnFailure: async () => false },
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
    // A consumer of kafkajs's ends when the group's coordinator is still loading, as it is at first.
    await until(() =>
      membersOf(kafka, groupId).then(
        () => true,
        () => false,
      ),
    )
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

    const consuming = await reading(topic)
    try {
      await expect.poll(() => consuming.records.get(0)?.at(-1)).toBe('plain')
      expect(consuming.records.get(0)).toEqual(['committed', 'plain'])
    } finally {
      await consuming.close()
    }
  })

  it('gets past what compaction has left of a producer, and hands over the rest', async () => {
    const topic = await clients.topic(1, {
      'cleanup.policy': 'compact',
      'segment.ms': '50',
      'segment.bytes': String(2 ** 20),
      'min.cleanable.dirty.ratio': '0.0001',
    })
    // Each makes a segment of its own that is too large to be joined to the next: of the first, an empty batch alone is left.
    const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`)
    const write = async (to: Producer, value: string) => {
      await to.send({ topic, messages: keys.map((key) => ({ key, value: value.padEnd(60_000) })) })
      await until(() => performance.now() - began > 100)
      began = performance.now()
    }
    let began = performance.now()
    const [one, other] = [0, 1].map(() => kafka.producer({ idempotent: true, createPartitioner: () => () => 0 }))
    if (one === undefined || other === undefined) throw new Error('two producers were made')
    await Promise.all([one.connect(), other.connect()])
    await write(one, 'first')
    await write(other, 'second')
    await write(other, 'third')
    await Promise.all([one.disconnect(), other.disconnect()])

    await until(async () => {
      const consuming = await reading(topic)
      await expect.poll(() => consuming.batches.at(-1)?.lastOffset()).toBe('29')
      await consuming.close()
      const [first] = consuming.batches
      return first?.messages.length === 0 && first.lastOffset() === '9'
    })
  })

  const kcat = findKcat()
  it.skipIf(isMissing(kcat)).each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ])('keeps %s that others wrote and we read, and the other way round', async (name, compression) => {
    const topic = await clients.topic()
    const theirs = Array.from({ length: 5_000 }, (_, index) => `theirs ${index}`)
    execFileSync(kcat ?? '', ['-P', '-b', brokers.join(','), '-t', topic, '-z', name, '-X', 'linger.ms=100'], {
      input: theirs.join('\n'),
    })
    const consuming = await reading(topic)
    const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: () => () => 0 })
    try {
      await expect.poll(() => consuming.records.get(0)).toEqual(theirs)
      expect(consuming.batches.length).toBeLessThan(theirs.length)
      await producer.connect()
      const ours = theirs.map((_, index) => `ours ${index}`)
      await producer.send({ topic, compression, messages: ours.map((value) => ({ value })) })
      const read = execFileSync(kcat ?? '', ['-C', '-b', brokers.join(','), '-t', topic, '-e', '-q']).toString()
      expect(read.trim().split('\n')).toEqual([...theirs, ...ours])
    } finally {
      await producer.disconnect()
      await consuming.close()
    }
  })

  it.each(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const)(
    'accepts %s over TLS',
    async (mechanism) => {
      const { safe, tls, sasl } = secure()
      expect(await check({ ...safe, tls, sasl: { ...sasl, mechanism } })).toEqual([])
    },
  )

  it('says which topics it does not let us read', async () => {
    const { safe, tls, sasl } = secure()
    const topics = [await clients.topic(), await clients.topic(), await clients.topic()]
    const may = { READ: topics[0] ?? '', DESCRIBE: topics[1] ?? '' }
    const acl = (['READ', 'DESCRIBE'] as const).map((operation) => ({
      principal: `User:${sasl.username}`,
      host: '*',
      resourceName: may[operation],
      operation: AclOperationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes.TOPIC,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    }))
    await clients.admin.createAcls({ acl })
    const where = safe.bootstrapServers.join(', ')
    const problemsOf = async (of: KafkaOptions) => (await checkKafka(of, topics)).map(({ message }) => message)
    await expect
      .poll(() => problemsOf({ ...safe, tls, sasl: { ...sasl, mechanism: 'plain' } }))
      .toEqual([
        `TOPICS_REFUSED: Kafka at ${where} refuses ${topics[2]}: Not authorized to access topics: [Topic authorization failed]`,
        `TOPICS_REFUSED: Kafka at ${where} refuses ${may.DESCRIBE}: this user may describe them, but not read them`,
      ])
    expect(await problemsOf(options)).toEqual([])
  })

  it('reports why it does not accept the credentials', async () => {
    const { safe, tls, sasl } = secure()
    const where = safe.bootstrapServers.join(', ')
    expect(await check({ ...safe, tls, sasl: { ...sasl, mechanism: 'plain', password: 'wrong' } })).toEqual([
      `KAFKA_AUTHENTICATION_FAILED: Kafka at ${where} does not accept the credentials: SASL PLAIN authentication failed: Authentication failed: Invalid username or password`,
    ])
    for (const wrong of ['wrong', `${sasl.token()}wrong`])
      expect(await check({ ...safe, tls, sasl: { mechanism: 'oauthbearer', token: wrong } })).toEqual([
        `KAFKA_AUTHENTICATION_FAILED: Kafka at ${where} does not accept the credentials: SASL OAUTHBEARER authentication failed: the broker rejects the token: {"status":"invalid_token"}`,
      ])
    const refused = expect.stringMatching(
      /^KAFKA_UNREACHABLE: .* it closed the connection, as it does when TLS or SASL/,
    )
    expect(await check({ ...safe, tls })).toEqual([refused])
    expect(await check({ ...safe, sasl: { ...sasl, mechanism: 'plain' } })).toEqual([refused])
    expect(await check({ ...safe, tls: {}, sasl: { ...sasl, mechanism: 'plain' } })).toEqual([
      expect.stringMatching(/^KAFKA_UNREACHABLE: .*self-signed certificate/),
    ])
  })
})

function secure() {
  if (server?.secure === undefined) throw new Error('the brokers listen with TLS')
  const { bootstrap, caFile, username, password, token } = server.secure
  return {
    safe: { ...options, bootstrapServers: bootstrap },
    tls: { ca: readFileSync(caFile, 'utf8') },
    sasl: { username, password, token },
  }
}
