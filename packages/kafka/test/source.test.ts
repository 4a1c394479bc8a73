import { coreErrors, type Source } from '@belfry/core'
import { uniqueName } from '@belfry/test-services'
import { AssignerProtocol } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { createKafkaPublisher } from '../src/index.ts'
import { connectClients, createLines, createPositions, takeUntil, until, valuesOf } from './on-kafka.ts'
import { all, bootstrapServers, clients, kafka, numbers, reading, send } from './reading.ts'

describe.skipIf(kafka === undefined)('a Kafka source', () => {
  describe('a partition without a position begins', () => {
    it('at the earliest record, or at the latest, as it is configured', async () => {
      const topic = await clients.topic()
      await send(topic, ['0', '1'])
      const early = await reading(topic)
      const late = await reading(topic, { autoOffsetReset: 'latest' })
      await send(topic, ['2'])
      expect(valuesOf(await takeUntil(early.source, early.positions, all(3)))).toEqual(['0', '1', '2'])
      expect(valuesOf(await takeUntil(late.source, late.positions, all(1)))).toEqual(['2'])
    })

    it('nowhere, where it is configured to refuse', async () => {
      const topic = await clients.topic()
      await expect(reading(topic, { autoOffsetReset: 'none' })).rejects.toMatchObject({
        code: 'POSITION_MISSING',
        sentence: expect.stringContaining(topic),
      })
    })

    it('at its beginning, where it was added to a topic that is known', async () => {
      const topic = await clients.topic()
      const { source, positions } = await reading(topic, { autoOffsetReset: 'latest' })
      await source.close()
      await clients.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] })
      await send(topic, ['first of all'], 1)
      const again = await reading(topic, { positions, autoOffsetReset: 'latest' })
      expect(valuesOf(await takeUntil(again.source, positions, all(1)))).toEqual(['first of all'])
    })
  })

  it('hands out together what one answer has of several partitions', async () => {
    const topic = await clients.topic(3)
    for (const partition of [0, 1, 2]) await send(topic, ['first', 'second'], partition)
    const { source } = await reading(topic)
    expect(valuesOf(await source.take(100))).toHaveLength(6)
  })

  it('names the partitions that exist, where one is named that does not', async () => {
    const topic = await clients.topic(2)
    const { source } = await reading(topic)
    await expect(source.locate({ topic, partition: 2, next: 0 })).rejects.toMatchObject({
      code: 'PARTITION_UNKNOWN',
      sentence: `${topic} has no partition 2: its partitions are 0 to 1`,
    })
  })

  it('says that the store is away, and not the log, where positions do not come', async () => {
    const topic = await clients.topic()
    const positions = createPositions()
    const { source } = await reading(topic, { positions })
    positions.of = () => new Promise(() => {})
    await expect(source.progress()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      sentence: 'the store is away: no answer within 1200 ms',
    })
    positions.of = () => Promise.reject(coreErrors.STORE_UNAVAILABLE({ why: 'it is frozen' }))
    await expect(source.progress()).rejects.toMatchObject({ sentence: 'the store is away: it is frozen' })
  })

  it('copies positions to its group, also at the end', async () => {
    const topic = await clients.topic()
    await send(topic, numbers(3))
    const groupId = uniqueName()
    const { source, positions } = await reading(topic, { groupId, copyInterval: 50 })
    await takeUntil(source, positions, all(3))
    const copied = async () =>
      (await clients.admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset
    await until(async () => (await copied()) === '3')
    await send(topic, ['3'])
    await takeUntil(source, positions, all(1))
    await source.close()
    expect(await copied()).toBe('4')
  })

  it('neither reads nor copies a position of another log, and reports it, before an operator has decided', async () => {
    const topic = await clients.topic()
    await send(topic, numbers(3))
    const groupId = uniqueName()
    const positions = createPositions()
    positions.set({ topic, partition: 0, next: 2 })
    const { source } = await reading(topic, { positions, groupId, copyInterval: 0 })
    await until(() => source.trouble()?.includes('from the log in the store') === true)
    expect(await source.progress()).toEqual([
      { topic, partition: 0, next: 2, end: 3, lag: 3, stranded: expect.stringContaining('from the log in the store') },
    ])
    await source.close()
    expect(await clients.admin.fetchOffsets({ groupId, topics: [topic] })).toMatchObject([
      { partitions: [{ partition: 0, offset: '-1' }] },
    ])
    positions.kept.clear()
    const again = await reading(topic, { positions, groupId })
    expect(valuesOf(await takeUntil(again.source, positions, all(3)))).toEqual(numbers(3))
  })

  it('tries again more and more rarely, reports why and logs it once, where the group refuses it', async () => {
    const topic = await clients.topic()
    const { logger, lines } = createLines()
    const crashes: number[] = []
    const debug = (_: object, sentence: string) =>
      void (sentence.startsWith('kafkajs: Crash') && crashes.push(performance.now()))
    const { source } = await reading(topic, { sessionTimeout: 5_000, logger: { ...logger, debug } })
    await until(() => crashes.length >= 5)
    expect(source.trouble()).toMatch(/^Kafka: The session timeout is not within the range/)
    expect(lines.filter((line) => /session timeout/.test(line))).toEqual([
      expect.stringMatching(/^nothing can be read from Kafka for now: The session timeout is not within the range/),
    ])
    const [first = 0, , , , fifth = 0] = crashes
    expect(fifth - first).toBeGreaterThan(100 + 200 + 400 + 800)
  })

  it('leaves its group at once when it is closed', async () => {
    const topic = await clients.topic()
    const groupId = uniqueName()
    const { source } = await reading(topic, { groupId })
    const members = async () => (await clients.admin.describeGroups([groupId])).groups[0]?.members.length
    await until(async () => (await members()) === 1)
    await source.close()
    expect(await members()).toBe(0)
  })

  it('moves on over what a transaction has left: aborted records and markers', async () => {
    const topic = await clients.topic()
    const producer = clients.kafka.producer({ transactionalId: uniqueName(), maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    for (const [value, end] of [
      ['kept', 'commit'],
      ['dropped', 'abort'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[end]()
    }
    await producer.disconnect()
    const { source, positions } = await reading(topic)
    const taken = await takeUntil(source, positions, (chunks) => chunks.at(-1)?.next === 4)
    expect(valuesOf(taken)).toEqual(['kept'])
    expect(taken[0]?.from).toBe(0)
  })

  it('says what was deleted before it was read, and goes on after it', async () => {
    const topic = await clients.topic()
    await send(topic, numbers(10))
    const positions = createPositions()
    const first = await reading(topic, { positions })
    await takeUntil(first.source, positions, all(10))
    await first.source.close()
    await send(topic, numbers(10, 10))
    await clients.deleteBefore(topic, 15)
    const { source } = await reading(topic, { positions })
    const taken = await takeUntil(source, positions, all(5))
    expect(valuesOf(taken)).toEqual(numbers(5, 15))
    expect(taken[0]).toMatchObject({ from: 10, next: 15, records: [], gone: expect.stringContaining('10 to 14') })
  })

  it('says what was deleted while its topic was paused', async () => {
    const topic = await clients.topic()
    await send(topic, numbers(3))
    const { source, positions } = await reading(topic)
    await takeUntil(source, positions, all(3))
    source.pause(topic)
    await send(topic, ['3'])
    await until(async () => (await source.progress())[0]?.oldest !== undefined)
    await send(topic, numbers(10, 4))
    await clients.deleteBefore(topic, 10)
    source.resume(topic)
    const taken = await takeUntil(source, positions, all(5))
    // What had been read by then is not lost.
    expect(valuesOf(taken)).toEqual(['3', ...numbers(4, 10)])
    expect(taken.find(({ gone }) => gone !== undefined)).toMatchObject({ from: 4, next: 10 })
  })

  it('reads nothing of a topic that was created again at once, where it goes on as if nothing had happened', async () => {
    const own = await connectClients(bootstrapServers)
    const topic = await own.topic()
    await own.producer.send({ topic, messages: numbers(3).map((value) => ({ value })) })
    const { source, positions } = await reading(topic)
    await takeUntil(source, positions, all(3))
    await own.admin.deleteTopics({ topics: [topic] })
    await own.createTopic(topic)
    await own.close()
    await send(topic, numbers(10, 100))
    let taken = 0
    void source.take(10).then((chunks) => (taken += chunks.length))
    await until(() => source.trouble()?.includes('created again') === true)
    expect(taken).toBe(0)
  })

  it('reads nothing of a topic that was created again while nothing of it was fetched', async () => {
    const own = await connectClients(bootstrapServers)
    const topic = await own.topic()
    const { source, positions } = await reading(topic, { queue: { records: 2, bytes: 1_000_000 } })
    await own.producer.send({ topic, messages: numbers(3).map((value) => ({ value })) })
    const isFull = async () => (await source.progress()).some(({ oldest }) => oldest !== undefined)
    await until(isFull)
    await own.admin.deleteTopics({ topics: [topic] })
    await own.createTopic(topic)
    await own.close()
    await send(topic, numbers(10, 100))
    expect(valuesOf(await takeUntil(source, positions, all(3)))).toEqual(numbers(3))
    let more = 0
    void source.take(10).then((chunks) => (more += chunks.length))
    await until(() => source.trouble()?.includes('created again') === true)
    expect(more).toBe(0)
  })

  it('reads no more than its queue takes, and goes on when there is room', async () => {
    const topic = await clients.topic()
    for (let round = 0; round < 20; round++) await send(topic, numbers(100, round * 100))
    const { source, positions } = await reading(topic, { queue: { records: 150, bytes: 1_000_000 } })
    const taken = await takeUntil(source, positions, all(2_000))
    expect(valuesOf(taken)).toEqual(numbers(2_000))
  })

  it('shares a topic with another member of its group, each record once', async () => {
    const topic = await clients.topic(4)
    const groupId = uniqueName()
    const positions = createPositions()
    const one = await reading(topic, { groupId, positions })
    const other = await reading(topic, { groupId, positions })
    const seen: string[] = []
    const read = async (source: Source) => {
      for (;;) {
        const chunks = await source.take(10)
        if (chunks.length === 0) return
        for (const { topic: name, partition, from, next, records } of chunks) {
          const before = positions.kept.get(`${partition} ${name}`)
          // As in the store: what does not begin at the position is not applied.
          if (before?.next !== from) source.rewind({ topic: name, partition, next: before?.next ?? 0 })
          else {
            positions.set({ ...before, next })
            source.advance([{ topic: name, partition, next }])
            seen.push(...records.map(({ value }) => Buffer.from(value ?? []).toString()))
          }
        }
      }
    }
    const both = [read(one.source), read(other.source)]
    for (let round = 0; round < 10; round++)
      for (let partition = 0; partition < 4; partition++) await send(topic, [`${round} ${partition}`], partition)
    await until(() => seen.length === 40)
    await other.source.close()
    for (let partition = 0; partition < 4; partition++) await send(topic, [`last ${partition}`], partition)
    await until(() => seen.length === 44)
    await one.source.close()
    await Promise.all(both)
    expect(new Set(seen).size).toBe(44)
  })

  it.each(['reads fewer topics', 'reads more topics'])(
    'gives partitions to the members that read their topic, where the one that leads %s',
    async (leader) => {
      const [shared, own] = [await clients.topic(4), await clients.topic(2)]
      const groupId = uniqueName()
      const wanted = [[shared], [shared, own]]
      const members = async () => (await clients.admin.describeGroups([groupId])).groups[0]?.members ?? []
      for (const topics of leader === 'reads fewer topics' ? wanted : wanted.toReversed()) {
        await reading(topics, { groupId })
        await until(async () => (await members()).some(({ memberAssignment }) => memberAssignment.length > 0))
      }
      const assigned = async () =>
        (await members()).map(({ memberAssignment }) => {
          const { assignment = {} } = AssignerProtocol.MemberAssignment.decode(memberAssignment) ?? {}
          return [assignment[shared]?.length ?? 0, assignment[own]?.length ?? 0].join(' and ')
        })
      await expect.poll(async () => (await assigned()).sort()).toEqual(['1 and 2', '3 and 0'])
    },
  )

  it('reads headers as texts, the last of several with one name', async () => {
    const topic = await clients.topic()
    await clients.producer.send({
      topic,
      messages: [
        { key: 'k', value: 'v', headers: { a: ['1', '2'], b: Buffer.from('ü') } },
        { key: 'k', value: 'v', headers: { ce_id: ['1', '2'], c: Buffer.from([0xff]) } },
      ],
    })
    const { source, positions } = await reading(topic)
    const chunks = await takeUntil(source, positions, all(2))
    expect(chunks.flatMap(({ records }) => records.map(({ headers, forms }) => [headers, forms]))).toEqual([
      [{ a: '2', b: 'ü' }, undefined],
      [{ ce_id: '2', c: 'ÿ' }, ['repeated_attributes']],
    ])
  })

  it('reads headers that are not UTF-8 as Latin-1, in which different bytes stay different', async () => {
    const topic = await clients.topic()
    const latin1 = (text: string) => Buffer.from(text, 'latin1')
    await clients.producer.send({
      topic,
      messages: [
        { key: 'k', value: 'v', headers: { ce_id: latin1('ü1') } },
        { key: 'k', value: 'v', headers: { ce_id: latin1('ö1') } },
        { key: 'k', value: 'v', headers: { ce_id: 'ü\ufffd' } },
      ],
    })
    const { source, positions } = await reading(topic)
    const chunks = await takeUntil(source, positions, all(3))
    expect(chunks.flatMap(({ records }) => records.map(({ headers, forms }) => [headers.ce_id, forms]))).toEqual([
      ['ü1', ['latin1_attributes']],
      ['ö1', ['latin1_attributes']],
      ['ü\ufffd', undefined],
    ])
  })

  it('publishes under the names that the brokers know', async () => {
    const name = await clients.topic()
    const { logger } = createLines()
    const publisher = createKafkaPublisher({
      bootstrapServers,
      clientId: 'test',
      topicNames: { booking: name },
      logger,
    })
    await publisher.publish([{ topic: 'booking', key: 'k', value: 'v', headers: { ce_type: 'x' } }])
    await publisher.close()
    const { source, positions } = await reading(name)
    expect(valuesOf(await takeUntil(source, positions, all(1)))).toEqual(['v'])
  })
})
