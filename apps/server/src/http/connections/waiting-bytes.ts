import type { EventEmitter } from 'node:events'
import { serverLimits } from '../../limits/server-limits.ts'

/** Bytes that wait for slow readers, of all connections together. */
export interface WaitingBytes {
  /** Counts for one connection, until `end` emits `close`. */
  count(end: EventEmitter): OwnBytes
}

/** Bytes of one connection that wait. */
export interface OwnBytes {
  /** Whether this number more is too much: all connections together wait for too much, and this one for more than every reader may. */
  isBeyond(more: number): boolean
  /** Counts these bytes; the caller calls the function that it returns when they are sent. */
  add(more: number): () => void
}

export function createWaitingBytes(most: number = serverLimits.WAITING_BYTES_IN_ALL.most): WaitingBytes {
  let all = 0
  return {
    count(end) {
      let own = 0
      const subtract = (bytes: number) => {
        const left = Math.min(bytes, own)
        own -= left
        all -= left
      }
      end.once('close', () => subtract(own))
      return {
        // A connection that reads is not closed for what others do not read.
        isBeyond: (more) => all + more > most && own > serverLimits.WAITING_BYTES_OF_READER.most,
        add(more) {
          own += more
          all += more
          return () => subtract(more)
        },
      }
    },
  }
}
