import { setTimeout as pass } from 'node:timers/promises'
import type { Kafka, Producer } from 'kafkajs'
import type { Pool } from 'pg'
import { connectProducer } from './connect-producer.ts'
import { sendOutbox } from './send-outbox.ts'

/** Sends what is in the outbox, until it is closed. */
export interface Relay {
  /** Resolves when it has ended; what it has not sent waits in the outbox. */
  close(): Promise<void>
}

export interface RelayOptions {
  readonly pool: Pool
  readonly kafka: Kafka
  /** Told why something could not be sent; it is tried again. */
  readonly onError: (error: unknown) => void
}

/** How many events go out together. */
const BATCH = 100
/** Milliseconds until an empty outbox is looked at again, or something is tried again. */
const PAUSE = 200

/** Starts to send what is in the outbox. Every instance of a service may have one: they take turns. */
export function createRelay({ pool, kafka, onError }: RelayOptions): Relay {
  const closing = new AbortController()
  const { signal } = closing
  let producer: Producer | undefined

  const run = async (): Promise<void> => {
    let most = BATCH
    while (!signal.aborted) {
      try {
        producer ??= await connectProducer(kafka)
        const sent = await sendOutbox(pool, producer, most)
        most = BATCH
        if (sent > 0) continue
      } catch (error) {
        onError(error)
        // Nobody knows how far a producer has come that has failed: its numbers could let the brokers take a new record for one they have.
        await producer?.disconnect().catch(() => {})
        producer = undefined
        // Perhaps they were too large together.
        most = 1
      }
      await pass(PAUSE, undefined, { signal }).catch(() => {})
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
