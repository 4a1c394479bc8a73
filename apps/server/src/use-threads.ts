import type { AnyPlugin } from '@belfry/core'
import type { Config } from './config/schema.ts'

/** Why threads are not used although the configuration asks for them, in words. */
export interface Threading {
  /** How many threads the intake has; 0 where it runs in the main thread. */
  readonly count: number
  readonly why?: string
}

/** In how many threads the intake runs. They need a store that others can share, and plugins that a thread can load by itself. */
export function threadsOf({ kafka, postgres }: Config, plugins: URL | readonly AnyPlugin[]): Threading {
  if (kafka === undefined) return { count: 0 }
  const why =
    postgres === undefined
      ? 'the store is PGlite, which one thread alone can use'
      : plugins instanceof URL
        ? undefined
        : 'plugins were given as a list, which no other thread can load: give the URL of a module that exports it'
  return why === undefined ? { count: kafka.workers } : { count: 0, why }
}
