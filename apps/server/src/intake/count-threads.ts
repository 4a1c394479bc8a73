import type { AnyPlugin } from '@belfry/core'
import type { Config } from '../config/schema.ts'

/** How many threads the intake runs in (0 is the main thread), and why these are fewer than configured. */
export interface ThreadCount {
  readonly count: number
  readonly why?: string
}

/** The part of the configuration that it depends on. */
interface Deciding {
  readonly kafka?: Pick<NonNullable<Config['kafka']>, 'workers'> | undefined
  readonly postgres?: object | undefined
}

/** How many threads the intake runs in, with this configuration and these plugins. */
export function countThreads({ kafka, postgres }: Deciding, plugins: URL | readonly AnyPlugin[]): ThreadCount {
  if (kafka === undefined) return { count: 0 }
  const why =
    postgres === undefined
      ? 'PGlite has one session, so the intake runs in the main thread'
      : plugins instanceof URL
        ? undefined
        : 'plugins that are given as a list cannot be loaded by threads, so the intake runs in the main thread'
  if (why === undefined) return { count: kafka.workers }
  return { count: 0, ...(kafka.workers > 1 && { why: `${why}: kafka.workers is ${kafka.workers}` }) }
}
