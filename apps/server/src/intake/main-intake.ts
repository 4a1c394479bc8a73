import { createIntake, createRetry, type Host, type Source, type Store } from '@belfry/core'
import type { Logger } from 'pino'
import { milliseconds } from '../config/duration.ts'
import type { Config } from '../config/schema.ts'
import { type Commit, commitOf } from '../delivery/commit.ts'
import type { IntakeParts } from './intake-parts.ts'

export interface MainIntakeOptions {
  readonly config: Config
  readonly source: Source
  readonly store: Store
  readonly host: Host
  readonly logger: Logger
  readonly clock: () => number
  /** Called with what each transaction did, after its commit. */
  readonly onCommit: (commit: Commit) => void
}

/** Makes an intake that applies in the main thread, beside everything else. */
export function createMainIntake(options: MainIntakeOptions): IntakeParts {
  const { config, source, store, host, logger, clock, onCommit } = options
  const envelopes = config.kafka?.envelope ?? {}
  const intake = createIntake({
    source,
    store,
    host,
    logger,
    clock,
    envelopes,
    onApplied: (report) => onCommit(commitOf(report, store.history.epoch)),
    notifyMaxAge: milliseconds(config.notify_max_age),
  })
  return {
    intake,
    progress: source.progress,
    retry: createRetry({ deadLetters: store.deadLetters, host, logger, clock, envelopes }),
    presence() {},
  }
}
