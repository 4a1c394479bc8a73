import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Metrics } from '../../metrics/metrics.ts'

const { READ_BURST, READ_PACE } = serverLimits

/**
 * Reads nothing of a WebSocket before its token is verified, and then no more than a client needs to send: of what comes faster, frames of
 * any kind and fragments of them alike, the rest waits at the client.
 */
export class PacedReading {
  readonly #socket: WebSocket
  readonly #raw: Duplex
  readonly #metrics: Pick<Metrics, 'limited'>
  #bytes: number = READ_BURST.most
  #at = performance.now()
  #pause: NodeJS.Timeout | undefined

  /** `raw` is its connection. */
  constructor(socket: WebSocket, raw: Duplex, metrics: Pick<Metrics, 'limited'>) {
    this.#socket = socket
    this.#raw = raw
    this.#metrics = metrics
    socket.pause()
    raw.on('data', this.#read)
  }

  /** Begins to read it. */
  begin(): void {
    this.#socket.resume()
  }

  /** Its client breaks the rules, and is not read any more: whatever else it sends is dropped as it comes. */
  end(): void {
    this.#raw.off('data', this.#read)
    clearTimeout(this.#pause)
  }

  readonly #read = (chunk: Buffer) => {
    const now = performance.now()
    const regained = ((now - this.#at) / 1_000) * READ_PACE.most
    this.#bytes = Math.min(READ_BURST.most, this.#bytes + regained) - chunk.length
    this.#at = now
    if (this.#bytes >= 0 || this.#pause !== undefined) return
    this.#metrics.limited('READ_PACE')
    this.#socket.pause()
    const pauseMs = (-this.#bytes / READ_PACE.most) * 1_000
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#socket.resume()
    }, pauseMs).unref()
  }
}
