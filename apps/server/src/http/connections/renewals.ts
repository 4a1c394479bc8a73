import { serverLimits } from '../../limits/server-limits.ts'

/** The fresh tokens that one socket sends. */
export interface Renewals {
  /** Takes the next one; returns false where a minute has had too many. */
  add(token: string): boolean
}

const MINUTE_MS = 60_000

/**
 * Renews with one token at a time. Of those that come meanwhile only the newest waits: after it the others would change nothing.
 * `clock` returns milliseconds since 1970.
 */
export function createRenewals(renew: (token: string) => Promise<void>, clock: () => number): Renewals {
  /** When the latest ones came. */
  const times: number[] = []
  let isRenewing = false
  let newest: string | undefined

  const run = async () => {
    isRenewing = true
    while (newest !== undefined) {
      const token = newest
      newest = undefined
      await renew(token)
    }
    isRenewing = false
  }
  return {
    add(token) {
      const now = clock()
      const [oldest = Number.NEGATIVE_INFINITY] = times
      if (times.length >= serverLimits.AUTH_FRAMES.most) {
        if (now - oldest < MINUTE_MS) return false
        times.shift()
      }
      times.push(now)
      newest = token
      if (!isRenewing) void run()
      return true
    },
  }
}
