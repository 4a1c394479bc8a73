import { findKafka, startKafka, uniqueName } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { createKafkaPublisher } from '../src/index.ts'
import { connectClients, createLines, until } from './on-kafka.ts'

const isCi = process.env.CI !== undefined && process.env.CI !== ''

describe.skipIf(findKafka() === undefined && !isCi)('a publisher', () => {
  it('does not say that all is in the log where a leader has moved to a broker that answers for another partition', async () => {
    await using kafka = await startKafka({ brokers: 3 })
    const { admin, ...clients } = await connectClients(kafka.bootstrap)
    const topic = uniqueName()
    const replicaAssignment = [0, 1].map((partition) => ({ partition, replicas: [partition + 1] }))
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, replicaAssignment }] })
    const { log } = createLines()
    const publisher = createKafkaPublisher({ bootstrapServers: kafka.bootstrap, clientId: 'test', log })
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
    // Whoever is told that it is not sends it again.
    if (!isSent) await publisher.publish(records)
    const both = await ends()
    for (const [index, end] of once.entries()) expect(both[index]).toBeGreaterThanOrEqual(2 * end)
    await publisher.close()
    await clients.close()
  })
})
