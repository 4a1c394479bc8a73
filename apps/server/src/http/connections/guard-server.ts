import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { serverLimits } from '../../limits/server-limits.ts'

export interface GuardOptions {
  /** The most connections. */
  readonly connections: number
  /** Milliseconds after which a connection that does not read its answer is broken off. */
  readonly unreadMs?: number
  /** Called for each connection, or request, beyond the limit. */
  readonly onBeyond: (limit: 'connections' | 'pipelined') => void
}

/**
 * Limits what connections cost before anything is known of their clients: how many there are, how many requests of one wait for their
 * answers, and how long an answer waits for its reader.
 */
export function guardServer(
  server: Server,
  { connections, unreadMs = serverLimits.UNREAD_MS.most, onBeyond }: GuardOptions,
): void {
  server.maxConnections = connections
  server.on('drop', () => onBeyond('connections'))
  server.setTimeout(unreadMs)
  const underWay = new WeakMap<Socket, number>()
  // Before the framework: Node emits every request that one read has brought, whether or not the ones before are answered.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const count = (underWay.get(socket) ?? 0) + 1
    underWay.set(socket, count)
    response.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1))
    if (count <= serverLimits.PIPELINED.most || socket.destroyed) return
    onBeyond('pipelined')
    socket.destroy()
  })
}
