import type { AnyPlugin } from '@belfry/core'
import type { Config } from '../config/schema.ts'

/** Where the intake runs: in so many threads, or beside everything else (0), and why fewer than the configuration asks for. */
export interface ThreadCount {
  readonly count: number
  readonly why?: string
}

/** What of the configuration decides it. */
interface Deciding {
  readonly kafka?: Pick<NonNullable<Config['kafka']>, 'workers'> | undefined
  readonly postgres?: object | undefined
}

/** How many threads the configuration asks for, where threads can be had. */
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
