import type { WebSocket } from 'ws'
import { type CloseReason, closeCodes } from '../../delivery/close-codes.ts'
import type { Outlet } from '../../delivery/outlet.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import { closeSocket } from './close-socket.ts'
import { createWaitingBytes, type WaitingBytes } from './waiting-bytes.ts'

/** Sends frames over a WebSocket. A client that reads too slowly is closed, and resumes. */
export function webSocketOutlet(socket: WebSocket, waiting: WaitingBytes = createWaitingBytes()): Outlet {
  const close = (why: CloseReason) => closeSocket(socket, why)
  const own = waiting.count(socket)
  return {
    answers: true,
    send(frames) {
      for (const [sent, { type, text }] of frames.entries()) {
        if (socket.readyState !== socket.OPEN) return sent
        if (socket.bufferedAmount + text.length > serverLimits.WAITING_BYTES.most || own.isBeyond(text.length)) {
          close(closeCodes.TOO_SLOW)
          return sent
        }
        socket.send(text, own.add(text.length))
        if (type === 'ping') socket.ping()
      }
      return frames.length
    },
    close,
    terminate: () => socket.terminate(),
  }
}
