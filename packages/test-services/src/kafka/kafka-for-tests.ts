import { randomBytes } from 'node:crypto'
import { createKafkaAdmin, type KafkaAdmin } from './kafka-admin.ts'
import { findKafka, findOnPath } from './kafka-jars.ts'
import { startKafka } from './kafka-server.ts'

/** A Kafka that tests make topics in. */
export interface KafkaForTests extends KafkaAdmin {
  readonly bootstrap: readonly string[]
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * The Kafka that BELFRY_TEST_KAFKA names (host:port), or one that is started for these tests. Answers undefined where there is neither,
 * so that the tests can be skipped; with CI set that is an error.
 */
export async function kafkaForTests(): Promise<KafkaForTests | undefined> {
  const named = process.env.BELFRY_TEST_KAFKA
  if (named !== undefined && named !== '') {
    const bootstrap = named.split(',')
    return { ...createKafkaAdmin(bootstrap, 1), bootstrap, async [Symbol.asyncDispose]() {} }
  }
  if (findKafka() !== undefined) return startKafka()
  if (isCI())
    throw new Error(
      'Kafka is missing: it needs java on the PATH, and its jars (pnpm services:install), or set BELFRY_TEST_KAFKA',
    )
  return undefined
}

/** kcat, a client that knows nothing of Belfry; undefined where there is none. */
export const findKcat = (): string | undefined => findOnPath('kcat') ?? findOnPath('kafkacat')

/** A name that nobody else uses. */
export const uniqueName = (): string => `t-${randomBytes(6).toString('hex')}`

const isCI = (): boolean => process.env.CI !== undefined && process.env.CI !== ''
