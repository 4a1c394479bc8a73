import type { ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'
import type { Frame } from '../sockets/frames.ts'
import type { Outlet } from '../sockets/sockets.ts'

/** Whoever reads so much too slowly (bytes that wait) is cut off, and resumes. */
const MOST_WAITING = 1_048_576
/** A client that does not read never answers a close: after so many milliseconds it is broken off. */
const FAREWELL = 2_000

/** Frames over a WebSocket. */
export function webSocketOutlet(socket: WebSocket): Outlet {
  const close = (code: number, reason: string) => {
    socket.close(code, reason)
    setTimeout(() => socket.terminate(), FAREWELL).unref()
  }
  return {
    answers: true,
    send(frames) {
      for (const { type, text } of frames) {
        if (socket.readyState !== socket.OPEN) return
        if (socket.bufferedAmount + text.length > MOST_WAITING) return close(4008, 'too slow')
        socket.send(text)
        if (type === 'ping') socket.ping()
      }
    },
    close,
    terminate: () => socket.terminate(),
  }
}

/** Frames as server-sent events; a resume begins where `id` says. */
export function eventStreamOutlet(response: ServerResponse): Outlet {
  return {
    answers: false,
    send(frames) {
      for (const frame of frames) {
        if (response.writableEnded) return
        if (response.writableLength + frame.text.length > MOST_WAITING) return void response.destroy()
        response.write(eventOf(frame))
      }
    },
    close: () => void response.end(),
    terminate: () => void response.destroy(),
  }
}

function eventOf({ type, id, text }: Frame): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`
}
