import type { Render, Source, Store } from '@belfry/core'
import { createStore, openPostgres } from '@belfry/postgres'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { openEventSource } from './open-event-source.ts'
import { postgresOptionsOf } from './postgres-options.ts'

/** What a thread applies from and to. Closing the store closes its connections; the intake closes the source. */
export interface IntakeEngines {
  readonly store: Store
  readonly source: Source
}

export interface IntakeEnginesOptions {
  readonly render: Render
  readonly logger: Logger
  /** Called where the inbox of this person, or of anybody, may have changed without a report of it. */
  readonly onUnconfirmed: (person?: string) => void
}

/** A thread applies one transaction at a time, and reads little beside it: it serves no requests. */
const CONNECTIONS = { poolSize: 2, operatorPoolSize: 0, backgroundPoolSize: 2 }

/**
 * Opens in a thread what the configuration selects.
 * @throws what `openPostgres` throws
 */
export async function openIntakeEngines(
  config: Config,
  { render, logger, onUnconfirmed }: IntakeEnginesOptions,
): Promise<IntakeEngines> {
  const { postgres } = config
  if (postgres === undefined) throw new Error('threads share a store: without Postgres there are none')
  const database = await openPostgres({ ...postgresOptionsOf(postgres), ...CONNECTIONS })
  const store = await createStore(database, { render, onUnconfirmed })
  return { store, source: openEventSource(config, database, store.history, logger, onUnconfirmed) }
}
