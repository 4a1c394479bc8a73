import { setTimeout as pass } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { askTopics, type Topic } from './ask-topics.ts'
import { whyOf } from './unreachable.ts'

/** How topics are made; the brokers' own defaults where it is absent. */
export interface TopicShape {
  readonly partitions?: number
  readonly replicationFactor?: number
}

/** Milliseconds that the brokers may take to make topics and to know of them, and until they are asked again. */
const PATIENCE = 10_000
const ASK_AGAIN = 50

/**
 * Makes those of these topics that are not there, and answers their names when the brokers know them.
 * @throws TOPICS_NOT_CREATED, and what kafkajs throws when no broker can be reached
 */
export function createTopics(
  kafka: Kafka,
  topics: readonly string[],
  { partitions, replicationFactor }: TopicShape = {},
): Promise<readonly string[]> {
  return withAnyBroker(kafka, async (broker, open) => {
    const { brokers, controllerId, topics: found } = await askTopics(broker, topics)
    const missing = missingOf(found)
    if (missing.length === 0) return missing
    const at = brokers.find(({ nodeId }) => nodeId === controllerId)
    const controller = at === undefined ? broker : await open(at)
    const wanted = missing.map((topic) => ({
      topic,
      ...(partitions !== undefined && { numPartitions: partitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
    }))
    await controller.createTopics({ topics: wanted, timeout: PATIENCE }).catch((error: unknown) => {
      const refused = errorsOf(error).filter((one) => !isThere(one))
      if (refused.length > 0)
        throw kafkaErrors.TOPICS_NOT_CREATED(
          { topics: missing.join(', '), why: refused.map(whyOf).join('; ') },
          { cause: error },
        )
    })
    const until = performance.now() + PATIENCE
    while (missingOf((await askTopics(broker, topics)).topics).length > 0 && performance.now() < until)
      await pass(ASK_AGAIN)
    return missing
  })
}

const missingOf = (topics: readonly Topic[]): readonly string[] =>
  topics.filter(({ error }) => error !== 0).map(({ name }) => name)

/** kafkajs tells the errors of several topics as one. */
const errorsOf = (error: unknown): readonly unknown[] =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error]

/** Another instance was faster. */
const isThere = (error: unknown): boolean => protocolErrorOf(error) === 'TOPIC_ALREADY_EXISTS'
