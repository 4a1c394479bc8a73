import {
  findKafka,
  findPrograms,
  isMissing,
  type KafkaServer,
  type PostgresServer,
  startKafka,
  startPostgres,
} from '@belfry/test-services'
import { afterAll } from 'vitest'

/** A Kafka and a Postgres that may be stopped and started. */
export interface Services {
  readonly kafka: KafkaServer
  readonly postgres: PostgresServer
}

/** Starts both for the tests of a file; undefined where they are not installed, so that these are skipped. With CI set that is an error. */
export async function startServices(): Promise<Services | undefined> {
  if (isMissing(findKafka(), findPrograms())) return undefined
  // Its cleaner compacts as soon as there is something to compact.
  const kafka = await startKafka({ settings: ['log.cleaner.backoff.ms=100'] })
  afterAll(() => kafka[Symbol.asyncDispose]())
  const postgres = await startPostgres()
  afterAll(() => postgres[Symbol.asyncDispose]())
  return { kafka, postgres }
}
