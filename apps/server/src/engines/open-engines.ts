import type { Logger, Publisher, Render, Source, Store } from '@belfry/core'
import { checkKafka, createKafkaClient, createKafkaPublisher, createTopics } from '@belfry/kafka'
import {
  checkPGlite,
  checkPostgres,
  createEventLog,
  createStore,
  type Database,
  openPGlite,
  openPostgres,
} from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { clientOptionsOf, physicalName, publisherOptionsOf } from './kafka-options.ts'
import { postgresOptionsOf } from './postgres-options.ts'
import { throwAll, together } from './together.ts'

/** Where inboxes are kept, and where events are published. */
export interface Engines {
  readonly database: Database
  readonly store: Store
  readonly publisher: Publisher
  /** The log in the store, where events come from it. */
  readonly embedded: Source | undefined
  /** Calls `listener` with each person whose inbox may have changed without a report of it, or without one where any may have. */
  onUnconfirmed(listener: (person?: string) => void): void
}

export interface EnginesOptions {
  readonly config: Config
  readonly topics: readonly string[]
  readonly render: Render
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** The data were restored from a copy. */
  readonly restored: boolean
}

/**
 * Opens what the configuration selects: Postgres where it has that section, else PGlite in a folder; and Kafka where it has that one, else
 * the log in the store. Topics that are missing are created where that is allowed.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, POSTGRES_UNREACHABLE, POSTGRES_TOO_OLD, POOLER_IN_TRANSACTION_MODE, SESSION_URL_ELSEWHERE,
 * TLS_FILE_UNUSABLE, TLS_INCOMPLETE, STORE_NEWER, and what `expectKafka` throws; with Kafka, what is wrong with the store and with Kafka together
 */
export async function openEngines({
  config,
  topics,
  render,
  logger,
  clock,
  restored,
}: EnginesOptions): Promise<Engines> {
  const { postgres, kafka, embedded } = config
  if (kafka !== undefined) {
    await checkEngines(config, topics, logger)
    if (kafka.create_topics) {
      const made = await createTopics(
        createKafkaClient(clientOptionsOf(kafka, logger)),
        topics.map((topic) => physicalName(kafka, topic)),
      )
      if (made.length > 0) logger.info({ topics: made }, 'topics were missing and have been created')
    }
  }
  const database = await (postgres === undefined
    ? openPGlite({ folder: embedded.folder, restored })
    : openPostgres({ ...postgresOptionsOf(postgres), restored }))
  // There are no connections before there is a listener.
  let report = (_person?: string): void => {}
  const store = await createStore(database, { render, clock, onUnconfirmed: (person) => report(person) })
  const onUnconfirmed = (listener: (person?: string) => void) => {
    report = listener
  }
  if (kafka !== undefined) {
    const publisher = createKafkaPublisher(publisherOptionsOf(kafka, logger))
    return { database, store, publisher, embedded: undefined, onUnconfirmed }
  }
  const { source, publisher } = createEventLog(database, { clock })
  return { database, store, publisher, embedded: source, onUnconfirmed }
}

/**
 * Checks that what the configuration selects could be opened; makes and changes nothing.
 * @throws as `openEngines` does
 */
export async function checkEngines(config: Config, topics: readonly string[], logger: Logger): Promise<void> {
  await together([expectKafka(config, topics, logger), expectStore(config)])
}

/** Checks that the store can be opened. */
async function expectStore({ postgres, embedded }: Config): Promise<void> {
  await (postgres === undefined ? checkPGlite(embedded.folder) : checkPostgres(postgresOptionsOf(postgres)))
}

/**
 * Checks that Kafka can be used, where it is configured.
 * @throws the one problem that there is, or CONFIG_INVALID with several
 */
async function expectKafka({ kafka }: Config, topics: readonly string[], logger: Logger): Promise<void> {
  if (kafka === undefined) return
  const wanted = topics.map((topic) => physicalName(kafka, topic))
  const { create_topics: createTopics, session_timeout_ms: sessionTimeout } = kafka
  throwAll(await checkKafka(clientOptionsOf(kafka, logger), wanted, { createTopics, sessionTimeout }))
}
