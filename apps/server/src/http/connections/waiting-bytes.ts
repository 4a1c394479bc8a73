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
  const all = { bytes: 0, most }
  return { count: (stream) => new StreamBytes(stream, all) }
}

class StreamBytes implements OwnBytes {
  readonly #stream: CountedStream
  readonly #all: { bytes: number; readonly most: number }
  #own = 0

  constructor(stream: CountedStream, all: { bytes: number; readonly most: number }) {
    this.#stream = stream
    this.#all = all
    stream.on('close', this.update)
  }

  isBeyond(more: number): boolean {
    // A connection that reads is not closed for what others do not read.
    return this.#all.bytes + more > this.#all.most && this.#own > serverLimits.WAITING_BYTES_OF_READER.most
  }

  readonly update = () => {
    const now = this.#stream.destroyed ? 0 : this.#stream.writableLength
    this.#all.bytes += now - this.#own
    this.#own = now
  }
}
