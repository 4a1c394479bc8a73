import type { Kafka } from 'kafkajs'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { askTopics, type Topic } from './ask-topics.ts'

/** Kafka's error of a topic that is not there. */
export const UNKNOWN_TOPIC = 3
/** Kafka's error of a topic that we may not see. */
const REFUSED = 29

/** The topics that are there and that we may see, by name; and those that we may not see. */
export interface TopicIds {
  readonly there: ReadonlyMap<string, Pick<Topic, 'id' | 'partitions' | 'unled'>>
  readonly refused: readonly string[]
}

/**
 * The id and the partitions of each of these topics that is there; none is created. The id is as Kafka's own tools write it, and absent
 * where the brokers are too old to have ids (before 2.8).
 * @throws what kafkajs throws when no broker can be reached, and Kafka's error for a topic of which nothing can be said
 */
export async function readTopicIds(kafka: Kafka, topics: readonly string[]): Promise<TopicIds> {
  const { topics: found } = await withAnyBroker(kafka, (broker) => askTopics(broker, topics))
  const failed = found.find(({ error }) => error !== 0 && error !== UNKNOWN_TOPIC && error !== REFUSED)
  if (failed !== undefined) throw errorOf(failed.error)
  return {
    there: new Map(found.filter(({ error }) => error === 0).map((topic) => [topic.name, topic])),
    refused: found.filter(({ error }) => error === REFUSED).map(({ name }) => name),
  }
}
