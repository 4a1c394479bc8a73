import type { Writable } from 'node:stream'
import { serverLimits } from '../../limits/server-limits.ts'

/** Bytes that wait for slow readers, of all connections together. */
export interface WaitingBytes {
  /** Counts what waits in one stream, until it emits `close`. */
  count(stream: CountedStream): OwnBytes
}

/** What is used of a stream. */
export type CountedStream = Pick<Writable, 'on' | 'destroyed' | 'writableLength'>

/** Bytes of one connection that wait. */
export interface OwnBytes {
  /** Whether this number more is too much: all connections together wait for too much, and this one for more than every reader may. */
  isBeyond(more: number): boolean
  /** Counts again what waits: the caller calls it after a write, and the stream when the write has ended. */
  readonly update: () => void
}

export function createWaitingBytes(most: number = serverLimits.WAITING_BYTES_IN_ALL.most): WaitingBytes {
  let all = 0
  return {
    count(stream) {
      let own = 0
      const update = () => {
        const now = stream.destroyed ? 0 : stream.writableLength
        all += now - own
        own = now
      }
      stream.on('close', update)
      return {
        // A connection that reads is not closed for what others do not read.
        isBeyond: (more) => all + more > most && own > serverLimits.WAITING_BYTES_OF_READER.most,
        update,
      }
    },
  }
}
