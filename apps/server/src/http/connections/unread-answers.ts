import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { serverLimits } from '../../limits/server-limits.ts'

/** Counts the bytes of an answer until its client has received it. */
export type CountUnread = (socket: Socket, response: ServerResponse, bytes: number) => void

/**
 * Limits the answers that wait for clients that read slowly, or never. Beyond the limit the connection is broken off that has taken no
 * answer for the longest, so that a client that reads does not suffer from those that do not.
 */
export function createUnreadAnswers(onBeyond: () => void, most: number = serverLimits.ANSWERS.most): CountUnread {
  /** Bytes that wait for each connection; the connection that has taken none for the longest is first. */
  const waiting = new Map<Socket, number>()
  const watched = new WeakSet<Socket>()
  let all = 0

  const release = (socket: Socket, bytes: number) => {
    const own = waiting.get(socket)
    if (own === undefined) return
    waiting.delete(socket)
    all -= Math.min(bytes, own)
    if (own > bytes) waiting.set(socket, own - bytes)
  }
  return (socket, response, bytes) => {
    if (socket.destroyed) return
    waiting.set(socket, (waiting.get(socket) ?? 0) + bytes)
    all += bytes
    response.once('finish', () => release(socket, bytes))
    if (!watched.has(socket)) {
      watched.add(socket)
      // An answer that waits behind another one has no event of its own when its connection is closed.
      socket.once('close', () => release(socket, Number.POSITIVE_INFINITY))
    }
    for (const slowest of waiting.keys()) {
      if (all <= most) return
      release(slowest, Number.POSITIVE_INFINITY)
      onBeyond()
      slowest.destroy()
    }
  }
}
