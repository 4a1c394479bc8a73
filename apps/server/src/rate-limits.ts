import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Config } from './config/schema.ts'
import type { serverLimits } from './limits.ts'

/** How often something may be done by one person, or from one address, within some time. */
export interface Limit {
  /**
   * Counts one more, or what costs as much as `cost` of them; answers undefined within the limit, and above it in how many whole
   * seconds to come again.
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

/** The limits that are configured, kept by this process alone; `onBeyond` counts what each of them turns away. */
export function createLimits(
  config: Config['limits'],
  onBeyond: (limit: keyof typeof serverLimits) => void = () => {},
): Limits {
  return {
    marks: createLimit(config.marks_per_second, 1, () => onBeyond('MARKS')),
    // Over some seconds, so that all tabs of a browser may come back at once.
    reads: createLimit(config.reads_per_second * READS_OVER, READS_OVER, () => onBeyond('READS')),
    sockets: createLimit(config.sockets_per_second, 1, () => onBeyond('SOCKETS')),
    failedTokens: createLimit(config.failed_tokens_per_minute, 60, () => onBeyond('FAILED_TOKENS')),
  }
}

/** Reads are counted over so many seconds. */
const READS_OVER = 5

/** At most so many in so many seconds; whoever has not been seen for that long is forgotten. */
export function createLimit(most: number, seconds: number, onBeyond: () => void = () => {}): Limit {
  const counted = new RateLimiterMemory({ points: most, duration: seconds })
  return {
    async take(key, cost = 1) {
      try {
        await counted.consume(key, Math.min(cost, most))
        return undefined
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        onBeyond()
        return Math.max(1, Math.ceil(error.msBeforeNext / 1_000))
      }
    },
  }
}
