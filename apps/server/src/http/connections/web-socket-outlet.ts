import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { type CloseReason, closeCodes } from '../../delivery/close-codes.ts'
import type { Frame } from '../../delivery/frames.ts'
import type { Outlet } from '../../delivery/outlet.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import { closeSocket } from './close-socket.ts'
import { createWaitingBytes, type OwnBytes, type WaitingBytes } from './waiting-bytes.ts'
import { webSocketBytes } from './web-socket-bytes.ts'

/**
 * Sends frames over a WebSocket whose connection is `raw`, each in one write: the library writes header and payload apart. A client that reads
 * too slowly is closed, and resumes.
 */
export const webSocketOutlet = (socket: WebSocket, raw: Duplex, waiting: WaitingBytes = createWaitingBytes()): Outlet =>
  new WebSocketOutlet(socket, raw, waiting.count(raw))

class WebSocketOutlet implements Outlet {
  readonly answers = true
  readonly #socket: WebSocket
  readonly #raw: Duplex
  readonly #waiting: OwnBytes

  constructor(socket: WebSocket, raw: Duplex, waiting: OwnBytes) {
    this.#socket = socket
    this.#raw = raw
    this.#waiting = waiting
  }

  send(frames: readonly Frame[]): number {
    for (const [sent, frame] of frames.entries()) {
      if (this.#socket.readyState !== this.#socket.OPEN) return sent
      const bytes = webSocketBytes(frame)
      const { length } = bytes
      if (this.#raw.writableLength + length > serverLimits.WAITING_BYTES.most || this.#waiting.isBeyond(length)) {
        this.close(closeCodes.TOO_SLOW)
        return sent
      }
      this.#raw.write(bytes, this.#waiting.update)
      this.#waiting.update()
    }
    return frames.length
  }

  close(why: CloseReason): void {
    closeSocket(this.#socket, why)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}
