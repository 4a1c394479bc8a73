import type { Kafka } from 'kafkajs'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { describeTopics, type TopicDescription } from './describe-topics.ts'

/** Kafka's error for a topic that does not exist. */
export const UNKNOWN_TOPIC = 3
/** Kafka's error for a topic that the user has no right to describe. */
const REFUSED = 29

/** Topics that exist, by name; and the names of those that the user has no right to describe. */
export interface TopicIds {
  readonly existing: ReadonlyMap<string, Pick<TopicDescription, 'id' | 'partitions' | 'unled'>>
  readonly refused: readonly string[]
}

/**
 * Reads the id and the partitions of each of these topics that exists; no topic is created. The id is as Kafka's own tools write it, and
 * absent where the brokers have no ids (before Kafka 2.8).
 * @throws what kafkajs throws when no broker can be reached, and Kafka's error where a topic has any other one
 */
export async function readTopicIds(kafka: Kafka, topics: readonly string[]): Promise<TopicIds> {
  const { topics: found } = await withAnyBroker(kafka, (broker) => describeTopics(broker, topics))
  const failed = found.find(({ error }) => error !== 0 && error !== UNKNOWN_TOPIC && error !== REFUSED)
  if (failed !== undefined) throw errorOf(failed.error)
  return {
    existing: new Map(found.filter(({ error }) => error === 0).map((topic) => [topic.name, topic])),
    refused: found.filter(({ error }) => error === REFUSED).map(({ name }) => name),
  }
}
