import { setTimeout as pass } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { whyOf } from './connection-error.ts'
import { describeTopics, type TopicDescription } from './describe-topics.ts'

/** How topics are created; the brokers' own defaults where a field is absent. */
export interface TopicShape {
  readonly partitions?: number
  readonly replicationFactor?: number
}

/** How long brokers may take to create topics, and until each of them has their metadata. */
const CREATE_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 50

/**
 * Creates those of these topics that do not exist, and returns their names once the brokers have their metadata.
 * @throws TOPICS_NOT_CREATED, and what kafkajs throws when no broker can be reached
 */
export function createTopics(
  kafka: Kafka,
  topics: readonly string[],
  { partitions, replicationFactor }: TopicShape = {},
): Promise<readonly string[]> {
  return withAnyBroker(kafka, async (broker, open) => {
    const { brokers, controllerId, topics: found } = await describeTopics(broker, topics)
    const missing = missingOf(found)
    if (missing.length === 0) return missing
    const at = brokers.find(({ nodeId }) => nodeId === controllerId)
    const controller = at === undefined ? broker : await open(at)
    const wanted = missing.map((topic) => ({
      topic,
      ...(partitions !== undefined && { numPartitions: partitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
    }))
    await controller.createTopics({ topics: wanted, timeout: CREATE_TIMEOUT_MS }).catch((error: unknown) => {
      const refused = errorsOf(error).filter((one) => !existsAlready(one))
      if (refused.length > 0)
        throw kafkaErrors.TOPICS_NOT_CREATED(
          { topics: missing.join(', '), why: refused.map(whyOf).join('; ') },
          { cause: error },
        )
    })
    const until = performance.now() + CREATE_TIMEOUT_MS
    while (missingOf((await describeTopics(broker, topics)).topics).length > 0 && performance.now() < until)
      await pass(POLL_INTERVAL_MS)
    return missing
  })
}

const missingOf = (topics: readonly TopicDescription[]): readonly string[] =>
  topics.filter(({ error }) => error !== 0).map(({ name }) => name)

/** kafkajs throws the errors of several topics as one. */
const errorsOf = (error: unknown): readonly unknown[] =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error]

/** Another instance was faster. */
const existsAlready = (error: unknown): boolean => protocolErrorOf(error) === 'TOPIC_ALREADY_EXISTS'
