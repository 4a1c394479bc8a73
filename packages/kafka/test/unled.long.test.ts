import { findKafka, isMissing, startKafka, uniqueName } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { createKafkaSource } from '../src/index.ts'
import { connectClients, createLines, createPositions, takeUntil, until, valuesOf } from './on-kafka.ts'

describe.skipIf(isMissing(findKafka()))('while no broker leads a partition', () => {
  it('all others are read, by sources that began before and by those that begin now, and that one once it has a leader', async () => {
    await using stack = new AsyncDisposableStack()
    const kafka = stack.use(await startKafka({ brokers: 3 }))
    const { admin, producer } = stack.adopt(await connectClients(kafka.bootstrap), (clients) => clients.close())
    const [whole, half] = [uniqueName(), uniqueName()]
    /** Of partitions that have these replicas each. */
    const create = (topic: string, ...replicas: readonly (readonly number[])[]) =>
      kafka.createTopic(topic, { replicas, config: { 'min.insync.replicas': '1' } })
    await create(whole, [1, 3])
    await create(half, [1], [2])
    // It is not one of the source's topics, but in the metadata of all topics.
    await create(uniqueName(), [2])
    const send = (topic: string, partition: number, value: string) =>
      producer.send({ topic, messages: [{ partition, value }] })
    const begin = async () => {
      const { logger } = createLines()
      const positions = createPositions()
      const source = createKafkaSource({
        bootstrapServers: kafka.bootstrap,
        clientId: 'test',
        groupId: uniqueName(),
        logger,
      })
      stack.defer(() => source.close())
      await source.open([whole, half], positions)
      for (const topic of [whole, half]) source.resume(topic)
      const take = async (count: number) =>
        valuesOf(await takeUntil(source, positions, (taken) => valuesOf(taken).length >= count)).toSorted()
      return { source, take }
    }
    const early = await begin()
    await send(whole, 0, 'w0')
    await send(half, 0, 'h0')
    await send(half, 1, 'h1')
    expect(await early.take(3)).toEqual(['h0', 'h1', 'w0'])

    await kafka.kill(1)
    const metadata = () => admin.fetchTopicMetadata({ topics: [half] }).then(() => '', String)
    await until(async () => (await metadata()).includes('no leader'))
    await send(whole, 0, 'w1')
    expect(await early.take(1)).toEqual(['w1'])
    const late = await begin()
    expect(await late.take(2)).toEqual(['w0', 'w1'])
    for (const { source } of [early, late])
      await expect.poll(source.trouble).toContain(`no broker leads partition 1 of ${half}`)
    expect((await early.source.progress()).map(({ topic, partition, lag }) => [topic, partition, lag])).toEqual(
      expect.arrayContaining([
        [whole, 0, 0],
        [half, 0, 0],
      ]),
    )

    await kafka.start()
    expect(await late.take(2)).toEqual(['h0', 'h1'])
    await send(half, 1, 'h2')
    expect(await early.take(1)).toEqual(['h2'])
    for (const { source } of [early, late]) await expect.poll(source.trouble).toBeUndefined()
  })
})
