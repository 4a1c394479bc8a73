import { uniqueName } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { connectClients, createPositions, takeUntil, until, valuesOf } from './on-kafka.ts'
import { all, bootstrapServers, clients, kafka, numbers, reading, send } from './reading.ts'

describe.skipIf(kafka === undefined)('a Kafka source', () => {
  describe('a partition without a position begins', () => {
    it('where its group has been', async () => {
      const topic = await clients.topic()
      await send(topic, numbers(5))
      const groupId = uniqueName()
      await clients.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] })
      const { source, positions } = await reading(topic, { groupId, autoOffsetReset: 'none' })
      expect(valuesOf(await takeUntil(source, positions, all(2)))).toEqual(['3', '4'])
    })

    it('at its beginning also while its topic is read', async () => {
      const topic = await clients.topic()
      const { source, positions } = await reading(topic, { autoOffsetReset: 'latest' })
      await clients.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await send(topic, ['first of all'], 2)
      expect(valuesOf(await takeUntil(source, positions, all(1)))).toEqual(['first of all'])
    })
  })

  it('reads on from the position, whatever the group has, and reports that the group has been further', async () => {
    const topic = await clients.topic()
    await send(topic, numbers(5))
    const groupId = uniqueName()
    await clients.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] })
    const positions = createPositions()
    const first = await reading(topic, { positions })
    await first.source.close()
    let restored = 0
    const { logId: id } = positions.kept.get(`0 ${topic}`) ?? {}
    positions.set({ topic, partition: 0, next: 1, ...(id !== undefined && { logId: id }) })
    const { source } = await reading(topic, { positions, groupId, onRestored: async () => void restored++ })
    expect(valuesOf(await takeUntil(source, positions, all(4)))).toEqual(['1', '2', '3', '4'])
    expect(restored).toBe(1)
    await source.close()
    // An operator has moved it back.
    positions.set({ topic, partition: 0, next: 2, reached: 5, ...(id !== undefined && { logId: id }) })
    const other = await reading(topic, { positions, groupId, onRestored: async () => void restored++ })
    expect(valuesOf(await takeUntil(other.source, positions, all(3)))).toEqual(['2', '3', '4'])
    expect(restored).toBe(1)
  })

  it('counts what waits for an open transaction, reports it when it stays open, and reads on when it has ended', async () => {
    const topic = await clients.topic()
    const { source, positions } = await reading(topic)
    const producer = clients.kafka.producer({ transactionalId: uniqueName(), maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'of a transaction' }] })
    await send(topic, ['after it'])
    await expect.poll(() => source.progress()).toMatchObject([{ next: 0, end: 2, lag: 2 }])
    await expect
      .poll(source.trouble, { timeout: 30_000 })
      .toBe(`an open transaction blocks partition 0 of ${topic} at 0`)
    await transaction.commit()
    expect(valuesOf(await takeUntil(source, positions, all(2)))).toEqual(['of a transaction', 'after it'])
    await expect.poll(source.trouble, { timeout: 30_000 }).toBeUndefined()
    await producer.disconnect()
  })

  it('does not read a topic that was created again before an operator has decided where', async () => {
    // A client of kafkajs does not get over a topic that is gone: these are used for this one alone.
    const own = await connectClients(bootstrapServers)
    const topic = await own.topic()
    const sendOwn = (values: readonly string[]) =>
      own.producer.send({ topic, messages: values.map((value) => ({ value })) })
    await sendOwn(numbers(3))
    const { source, positions } = await reading(topic)
    await takeUntil(source, positions, all(3))
    await own.admin.deleteTopics({ topics: [topic] })
    await until(() => source.trouble()?.includes(topic) === true)
    await own.close()
    await clients.createTopic(topic)
    await send(topic, numbers(5, 100))
    await until(() => source.trouble()?.includes('created again') === true)
    const before = positions.kept.get(`0 ${topic}`)
    const { positions: fresh } = await reading(topic)
    const logId = fresh.kept.get(`0 ${topic}`)?.logId
    expect(logId).not.toBe(before?.logId)
    positions.set({ topic, partition: 0, next: 0, ...(logId !== undefined && { logId }) })
    expect(valuesOf(await takeUntil(source, positions, all(5)))).toEqual(numbers(5, 100))
    await until(() => source.trouble() === undefined)
  })
})
