import { backOff } from '@belfry/core/flow'

/** How long brokers may take to elect leaders and coordinators. */
const SETTLE_TIMEOUT_MS = 30_000
const MAX_WAIT_MS = 1_000

/**
 * Runs `work` until it succeeds, for as long as brokers answer with errors that Kafka calls retriable: they have just started, or have
 * lost one of them, and still elect leaders and coordinators. Throws any other error, and one that lasts too long.
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

/** A broker has answered that the same request may succeed later. */
const isUnsettled = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if (error.name === 'KafkaJSProtocolError') return 'retriable' in error && error.retriable === true
  return error.name === 'KafkaJSNumberOfRetriesExceeded' && isUnsettled(error.cause)
}
