import type { ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'
import type { Frame } from '../../delivery/frames.ts'
import type { Outlet } from '../../delivery/sockets.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import { createWaitingBytes, type WaitingBytes } from './waiting-bytes.ts'

/** A reader that is slower than this is cut off, and resumes. */
const MOST_WAITING = serverLimits.WAITING_BYTES.most
/** A client that does not read never answers a close: after so many milliseconds it is broken off. */
const FAREWELL = 2_000

/** What each WebSocket was told when it was closed. */
const said = new WeakMap<WebSocket, number>()

/** What a client may say of its own accord: done, going away, no code, and nothing at all. Any other code it has made up. */
const heardCodes: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006])

/** Why a WebSocket is closed: what it was told, or else what was heard of it. One that reads too slowly never answers. */
export const closeCodeOf = (socket: WebSocket, heard: number): number | 'other' =>
  said.get(socket) ?? (heardCodes.has(heard) ? heard : 'other')

/** What the library has told a client that breaks WebSocket's rules. */
const broken: ReadonlyMap<unknown, number> = new Map([
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
])

/** Lets go of a socket that has broken the rules, and has been told so. */
export function letGo(socket: WebSocket, error: Error): void {
  closeSocket(socket, broken.get('code' in error ? error.code : undefined) ?? 1002, '')
}

/** Closes a WebSocket with a code of docs/protocol.md, and breaks it off where it does not answer. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  if (!said.has(socket)) said.set(socket, code)
  socket.close(code, reason)
  setTimeout(() => socket.terminate(), FAREWELL).unref()
}

/** Frames over a WebSocket. */
export function webSocketOutlet(socket: WebSocket, waiting: WaitingBytes = createWaitingBytes()): Outlet {
  const close = (code: number, reason: string) => closeSocket(socket, code, reason)
  const own = waiting.count(socket)
  return {
    answers: true,
    send(frames) {
      for (const [sent, { type, text }] of frames.entries()) {
        if (socket.readyState !== socket.OPEN) return sent
        if (socket.bufferedAmount + text.length > MOST_WAITING || own.isBeyond(text.length)) {
          close(4008, 'too slow')
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

/** Frames as server-sent events; a resume begins where `id` says. */
export function eventStreamOutlet(response: ServerResponse, waiting: WaitingBytes = createWaitingBytes()): Outlet {
  const own = waiting.count(response)
  return {
    answers: false,
    send(frames) {
      for (const [sent, frame] of frames.entries()) {
        if (response.writableEnded || response.destroyed) return sent
        if (response.writableLength + frame.text.length > MOST_WAITING || own.isBeyond(frame.text.length)) {
          response.destroy()
          return sent
        }
        response.write(eventOf(frame), own.add(frame.text.length))
      }
      return frames.length
    },
    close: () => void response.end(),
    terminate: () => void response.destroy(),
  }
}

function eventOf({ type, id, text }: Frame): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`
}
