import { backOff } from '@belfry/core/flow'

/** How long brokers may take to agree on who leads and who coordinates, in milliseconds. */
const SETTLE_TIMEOUT_MS = 30_000
const MAX_WAIT_MS = 1_000

/**
 * Works once the brokers have agreed on who leads a partition and who coordinates a group: they have just been started, or have lost one
 * of them, and say so for a while. Any other error, and one that stays, is thrown.
 */
export async function onceSettled<T>(work: () => Promise<T>, closing: AbortSignal): Promise<T> {
  const end = performance.now() + SETTLE_TIMEOUT_MS
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isUnsettled(error) || closing.aborted || performance.now() > end) throw error
      await backOff(tries, { maxMs: MAX_WAIT_MS })
    }
  }
}

/** A broker has answered, and says that the same question may be answered later. */
const isUnsettled = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if (error.name === 'KafkaJSProtocolError') return 'retriable' in error && error.retriable === true
  return error.name === 'KafkaJSNumberOfRetriesExceeded' && isUnsettled(error.cause)
}
