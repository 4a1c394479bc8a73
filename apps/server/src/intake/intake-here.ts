import { createIntake, createRetry, type Host, type Source, type Store } from '@belfry/core'
import type { Logger } from 'pino'
import { type Config, milliseconds } from '../config/schema.ts'
import { openSource, type SourceOptions } from './open-source.ts'
import { type Summary, summarize } from './summary.ts'
import type { Threads } from './threads.ts'

export interface IntakeHereOptions {
  readonly config: Config
  readonly host: Host
  readonly database: SourceOptions['database']
  readonly store: Store
  /** The log in the store, where events come from it. */
  readonly embedded: Source | undefined
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly onApplied: (summary: Summary) => void
  readonly onRenewed: () => void
}

/** The intake in the thread that serves sockets, with the same faces as in threads of its own. */
export function createIntakeHere(options: IntakeHereOptions): Threads {
  const { config, host, database, store, embedded, log, clock, onApplied, onRenewed } = options
  const { source, members } =
    embedded === undefined ? openSource({ config, database, store, log, onRenewed }) : { source: embedded }
  const envelopes = config.kafka?.envelope ?? {}
  const intake = createIntake({
    ...{ source, store, host, log, clock, envelopes },
    onApplied: (report) => onApplied(summarize(report)),
    notifyMaxAge: milliseconds(config.notify_max_age),
  })
  return {
    intake: {
      ...intake,
      async close() {
        await intake.close()
        await members
          ?.close()
          .catch((error: unknown) => log.warn({ err: error }, 'a member could not be taken off the list'))
      },
    },
    progress: source.progress,
    retry: createRetry({ store, host, log, clock, envelopes }),
    connected() {},
  }
}
