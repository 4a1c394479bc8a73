import { coreErrors } from '@belfry/core'

/** Whoever waits for an answer waits so many milliseconds at most. */
const PATIENCE = 1_800

/**
 * Answers what some work comes to, or gives up on it with STORE_UNAVAILABLE: the work goes on, and whoever asks again later finds what
 * became of it.
 */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(coreErrors.STORE_UNAVAILABLE({ why: `it had not ended after ${PATIENCE} ms` }))
  const timer = setTimeout(giveUp, PATIENCE)
  // What becomes of it later is nobody's any more.
  work.catch(() => {})
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
