import type { AnyPlugin } from '@belfry/core'
import { threadsOf } from '../use-threads.ts'
import { createIntakeHere, type IntakeHereOptions } from './intake-here.ts'
import { createThreads, type Threads } from './threads.ts'

export interface ReadingOptions extends IntakeHereOptions {
  readonly plugins: URL | readonly AnyPlugin[]
  readonly topics: readonly string[]
  /** Where log lines go; standard output unless said otherwise. */
  readonly logTo?: { write(line: string): void }
}

/** Makes the intake: in as many threads as the configuration asks for, where that can be, else in this one. */
export function createReading(options: ReadingOptions): Threads {
  const { config, plugins, host, topics, store, log, logTo = process.stdout, onApplied, onRenewed } = options
  const { count, why } = threadsOf(config, plugins)
  if (why !== undefined && (config.kafka?.workers ?? 1) > 1) log.warn(`the intake runs in the main thread: ${why}`)
  if (count === 0 || !(plugins instanceof URL)) return createIntakeHere(options)
  return createThreads({
    ...{ count, config, plugins, topics, store, log, onApplied, onRenewed },
    pluginIds: host.plugins.map(({ id }) => id),
    onLine: (line) => void logTo.write(line),
    memory: config.kafka?.worker_memory_mb ?? 1_024,
  })
}
