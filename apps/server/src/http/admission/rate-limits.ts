import type { Config } from '../../config/schema.ts'
import { serverLimits } from '../../limits/server-limits.ts'

/** How often something may be done by one person, or from one address, within a time. */
export interface Limit {
  /**
   * Counts one more, or what costs as much as `cost` of them; returns undefined within the limit, and above it after how many whole
   * seconds to try again.
   */
  take(key: string, cost?: number): Promise<number | undefined>
}

/** What is limited. */
export interface Limits {
  /** Marks, by person. */
  readonly marks: Limit
  /** Pages, notifications and resumes, by person. */
  readonly reads: Limit
  /** New sockets and event streams, by person. */
  readonly sockets: Limit
  /** Tokens that are not valid, by address. */
  readonly failedTokens: Limit
}

/** The limits that are configured, counted by this process alone; `onBeyond` is called with each limit that refuses something. */
export function createLimits(
  config: Config['limits'],
  onBeyond: (limit: keyof typeof serverLimits) => void = () => {},
): Limits {
  return {
    marks: createLimit(config.marks_per_second, 1, () => onBeyond('MARKS')),
    // Over some seconds, so that all tabs of a browser may come back at once.
    reads: createLimit(config.reads_per_second * READS_WINDOW_SECONDS, READS_WINDOW_SECONDS, () => onBeyond('READS')),
    sockets: createLimit(config.sockets_per_second, 1, () => onBeyond('SOCKETS')),
    failedTokens: createLimit(config.failed_tokens_per_minute, 60, () => onBeyond('FAILED_TOKENS')),
  }
}

/** Seconds over which reads are counted. */
const READS_WINDOW_SECONDS = 5

/** What is counted of one person or address, until when (milliseconds since 1970). */
interface Window {
  count: number
  readonly until: number
}

/**
 * At most `most` in a number of seconds, counted from the first. It keeps no timers, and counts a limited number of people or addresses at a
 * time: addresses cost a client nothing, and each would stay for as long as its window.
 */
export function createLimit(most: number, seconds: number, onBeyond: () => void = () => {}): Limit {
  const length = seconds * 1_000
  /** The oldest first, so that those that are over are in front. */
  const windows = new Map<string, Window>()
  // A clock that was set back must not let a window last longer.
  const isOver = ({ until }: Window, now: number) => now >= until || until - now > length
  const windowOf = (key: string, now: number): Window => {
    const known = windows.get(key)
    if (known !== undefined && !isOver(known, now)) return known
    windows.delete(key)
    for (const [other, window] of windows) {
      if (windows.size < serverLimits.COUNTED_KEYS.most && !isOver(window, now)) break
      windows.delete(other)
    }
    const begun = { count: 0, until: now + length }
    windows.set(key, begun)
    return begun
  }
  return {
    async take(key, cost = 1) {
      const now = Date.now()
      const window = windowOf(key, now)
      window.count += Math.min(cost, most)
      if (window.count <= most) return undefined
      onBeyond()
      return Math.max(1, Math.ceil((window.until - now) / 1_000))
    },
  }
}
