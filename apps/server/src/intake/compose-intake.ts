import type { AnyPlugin, Host } from '@belfry/core'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Engines } from '../engines/open-engines.ts'
import { openEventSource } from '../engines/open-event-source.ts'
import { openLogView } from '../engines/open-log-view.ts'
import type { LineWriter } from '../logging/logger.ts'
import { countThreads } from './count-threads.ts'
import type { IntakeParts } from './intake-parts.ts'
import { createMainIntake } from './main-intake.ts'
import { createIntakeInThreads } from './threads/intake-in-threads.ts'
import type { Ticks } from './threads/watchdog.ts'

export interface ComposeIntakeOptions {
  readonly config: Config
  /** The plugins, or the module whose default export is their list. */
  readonly plugins: URL | readonly AnyPlugin[]
  readonly host: Host
  readonly topics: readonly string[]
  readonly engines: Engines
  readonly delivery: Delivery
  /** Called each time that a thread is started again. */
  readonly onRestart: () => void
  readonly logger: Logger
  /** Where the lines of threads go. */
  readonly lines: LineWriter
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** For tests: what else the configuration and the clock decide. */
export interface ForcedThreads {
  /** In how many threads events are applied, whatever the source is; 0 is the main thread. */
  readonly threads?: number
  /** How many megabytes the heap of a thread may grow to. */
  readonly memoryMb?: number
  /** The ticks by which silent threads are detected. */
  readonly ticks?: Ticks
}

/** Prepares the intake where the configuration wants it, in threads or in the main thread. It reads nothing before `open`. */
export function composeIntake(options: ComposeIntakeOptions, { threads, memoryMb, ticks }: ForcedThreads): IntakeParts {
  const { config, plugins, host, topics, engines, delivery, onRestart, logger, lines, clock } = options
  const { database, store, embedded } = engines
  const { count, why } = threads === undefined ? countThreads(config, plugins) : { count: threads }
  if (why !== undefined) logger.info(why)
  if (count > 0 && plugins instanceof URL)
    return createIntakeInThreads({
      config,
      plugins,
      host,
      count,
      store,
      view: openLogView(config, database, store.positions, topics, logger),
      logger,
      lines,
      people: () => delivery.sockets.people(),
      onCommit: delivery.committed,
      onUnconfirmed: delivery.unconfirmed,
      onMissed: delivery.missed,
      onQuarantined: delivery.topicsChanged,
      onRestart,
      ...(ticks && { ticks }),
      ...(memoryMb !== undefined && { memoryMb }),
    })
  return createMainIntake({
    config,
    source: embedded ?? openEventSource(config, database, store.history, logger, delivery.missed),
    store,
    host,
    onCommit: delivery.committed,
    logger,
    clock,
  })
}
