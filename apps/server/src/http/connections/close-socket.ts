import type { WebSocket } from 'ws'
import { type CloseReason, closeCodes } from '../../delivery/close-codes.ts'

/** Milliseconds after which a client that has not answered a close is broken off: one that does not read never answers. */
const CLOSE_TIMEOUT_MS = 2_000

/** The code with which each WebSocket was closed by this server. */
const sentCodes = new WeakMap<WebSocket, number>()

/** Codes that a client may send of its own accord: done, going away, no code, and nothing at all. Any other code it has made up. */
const clientCodes: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006])

/** The code with which a WebSocket was closed: the server's, or else the client's (`received`). A slow reader never answers the server's. */
export const closeCodeOf = (socket: WebSocket, received: number): number | 'other' =>
  sentCodes.get(socket) ?? (clientCodes.has(received) ? received : 'other')

/** What the library has sent to a client that breaks the rules of WebSocket, by the code of its error. */
const brokenRules: ReadonlyMap<unknown, CloseReason> = new Map([
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCodes.TOO_LARGE],
  ['WS_ERR_INVALID_UTF8', closeCodes.NOT_UTF8],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', closeCodes.TOO_MANY_FRAGMENTS],
])

/** Closes a WebSocket that has broken the rules; the library has sent the code for it. */
export function closeBrokenSocket(socket: WebSocket, error: Error): void {
  closeSocket(socket, brokenRules.get('code' in error ? error.code : undefined) ?? closeCodes.PROTOCOL_ERROR)
}

/** Closes a WebSocket, and breaks it off where the client does not answer. */
export function closeSocket(socket: WebSocket, { code, reason }: CloseReason): void {
  if (!sentCodes.has(socket)) sentCodes.set(socket, code)
  socket.close(code, reason)
  setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref()
}
