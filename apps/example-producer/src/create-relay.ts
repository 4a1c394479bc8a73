import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, Producer } from 'kafkajs'
import type { Pool } from 'pg'
import { connectProducer } from './connect-producer.ts'
import { sendOutbox } from './send-outbox.ts'

/** Sends the events of the outbox until it is closed. */
export interface Relay {
  /** Resolves once the relay has stopped. Events that it has not sent stay in the outbox. */
  close(): Promise<void>
}

export interface RelayOptions {
  readonly pool: Pool
  readonly kafka: Kafka
  /** Called with the reason when events could not be sent; the relay tries again. The error of an event that Kafka refuses names it. */
  readonly onError: (error: unknown) => void
}

const MAX_BATCH_EVENTS = 100
/** The pause after an empty outbox or an error. */
const POLL_INTERVAL_MS = 200

/** Starts a relay. Every instance of a service may have one: one of them sends at a time. */
export function createRelay({ pool, kafka, onError }: RelayOptions): Relay {
  const closing = new AbortController()
  const { signal } = closing
  let producer: Producer | undefined

  const run = async (): Promise<void> => {
    /** How many events are sent one by one before the next batch. */
    let alone = 0
    while (!signal.aborted) {
      try {
        producer ??= await connectProducer(kafka)
        const sent = await sendOutbox(pool, producer, alone > 0 ? 1 : MAX_BATCH_EVENTS)
        if (alone > 0) alone--
        if (sent > 0) continue
      } catch (error) {
        onError(error)
        // After an error the producer's sequence numbers may be wrong, and brokers could drop a new record as one they have already.
        await producer?.disconnect().catch(() => {})
        producer = undefined
        // The batch may have been too large, or one of its events may be refused: this one is then sent alone, and named.
        alone = MAX_BATCH_EVENTS
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {})
    }
    await producer?.disconnect()
  }
  const ended = run()
  return {
    async close() {
      closing.abort()
      await ended
    },
  }
}
