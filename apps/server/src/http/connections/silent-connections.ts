import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Tracks the connections that have not sent a request yet, and returns what breaks them off. Clients open some ahead, and Node waits
 * for them for ever when it closes.
 */
export function trackSilentConnections(server: Server): () => void {
  const silent = new Set<Socket>()
  const remove = ({ socket }: IncomingMessage) => silent.delete(socket)
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('request', remove)
  server.on('upgrade', remove)
  return () => {
    for (const socket of silent) socket.destroy()
  }
}
