import type { Kafka } from 'kafkajs'
import { errorOf, withAnyBroker } from './any-broker.ts'
import { askTopics, type Topic } from './ask-topics.ts'

/** Kafka's error of a topic that is not there. */
export const UNKNOWN_TOPIC = 3

/**
 * The id and the number of partitions of each of these topics that is there; the others are absent, and none is created. The id is
 * as Kafka's own tools write it, and absent where the brokers are too old to have ids (before 2.8).
 * @throws what kafkajs throws when no broker can be reached, and Kafka's error for a topic that may not be seen
 */
export async function readTopicIds(
  kafka: Kafka,
  topics: readonly string[],
): Promise<ReadonlyMap<string, Pick<Topic, 'id' | 'partitions'>>> {
  const { topics: found } = await withAnyBroker(kafka, (broker) => askTopics(broker, topics))
  const there = found.filter(({ error }) => error !== UNKNOWN_TOPIC)
  const refused = there.find(({ error }) => error !== 0)
  if (refused !== undefined) throw errorOf(refused.error)
  return new Map(
    there.map(({ name, id, partitions }) => [name, id === undefined ? { partitions } : { id, partitions }]),
  )
}
