import { availableParallelism } from 'node:os'
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

/** How many threads the intake runs in, with this configuration and these plugins, on a machine with so many cores. */
export function countThreads(
  { kafka, postgres }: Deciding,
  plugins: URL | readonly AnyPlugin[],
  cores: number = availableParallelism(),
): ThreadCount {
  if (kafka === undefined) return { count: 0 }
  const why =
    postgres === undefined
      ? 'PGlite has one session, so the intake runs in the main thread'
      : plugins instanceof URL
        ? undefined
        : 'plugins that are given as a list cannot be loaded by threads, so the intake runs in the main thread'
  if (why === undefined) return { count: kafka.workers ?? workersOn(cores) }
  return {
    count: 0,
    ...(kafka.workers !== undefined && kafka.workers > 1 && { why: `${why}: kafka.workers is ${kafka.workers}` }),
  }
}

/** The main thread has a core of its own. A worker that shares it takes smaller batches for more CPU, and applies little more. */
const workersOn = (cores: number): number => Math.max(1, Math.min(2, cores - 1))
