import { randomBytes } from 'node:crypto'
import { findOnPath } from '../install/find-on-path.ts'
import { isMissing } from '../is-missing.ts'
import { createKafkaAdmin, type KafkaAdmin } from './kafka-admin.ts'
import { findKafka } from './kafka-jars.ts'
import { startKafka } from './kafka-server.ts'

/** A Kafka in which tests create topics. */
export interface KafkaForTests extends KafkaAdmin {
  readonly bootstrap: readonly string[]
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Returns the Kafka that BELFRY_TEST_KAFKA names (host:port), or one that it starts for these tests. Returns undefined if neither is
 * possible, so that the tests can be skipped; if CI is set, that is an error.
 */
export async function kafkaForTests(): Promise<KafkaForTests | undefined> {
  const named = process.env.BELFRY_TEST_KAFKA
  if (named !== undefined && named !== '') {
    const bootstrap = named.split(',')
    return { ...createKafkaAdmin(bootstrap, 1), bootstrap, async [Symbol.asyncDispose]() {} }
  }
  if (isMissing(findKafka())) return undefined
  if (findKafka() === undefined)
    throw new Error(
      'Kafka is missing: it needs java on the PATH, and its jars (pnpm services:install), or set BELFRY_TEST_KAFKA',
    )
  return startKafka()
}

/** Returns the path of kcat, a client without any part of Belfry, or undefined if it is not installed. */
export const findKcat = (): string | undefined => findOnPath('kcat') ?? findOnPath('kafkacat')

/** Returns a name that no other test uses. */
export const uniqueName = (): string => `t-${randomBytes(6).toString('hex')}`
