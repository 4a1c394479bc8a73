import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { serverLimits } from '../../limits/server-limits.ts'

/** How fast a WebSocket is read. */
export interface ReadPace {
  /** Begins to read it. */
  begin(): void
}

/**
 * Reads nothing of a WebSocket before its token is verified, and then no more than a client needs to send: of what comes faster, frames of
 * any kind and fragments of them alike, the rest waits at the client. `raw` is its connection; `onBeyond` is called where it waits.
 */
export function paceReading(socket: WebSocket, raw: Duplex, onBeyond: () => void): ReadPace {
  const { READ_BURST, READ_PACE } = serverLimits
  let bytes = READ_BURST.most
  let at = performance.now()
  let pause: NodeJS.Timeout | undefined

  const read = (chunk: Buffer) => {
    const now = performance.now()
    bytes = Math.min(READ_BURST.most, bytes + ((now - at) / 1_000) * READ_PACE.most) - chunk.length
    at = now
    if (bytes >= 0 || pause !== undefined) return
    onBeyond()
    socket.pause()
    pause = setTimeout(
      () => {
        pause = undefined
        socket.resume()
      },
      (-bytes / READ_PACE.most) * 1_000,
    ).unref()
  }
  socket.pause()
  raw.on('data', read)
  // A client that breaks the rules is not read any more: whatever else it sends is dropped as it comes.
  socket.once('error', () => {
    raw.off('data', read)
    clearTimeout(pause)
  })
  return { begin: () => socket.resume() }
}
