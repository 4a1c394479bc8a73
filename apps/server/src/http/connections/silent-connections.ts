import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Tracks the connections that have not sent a request yet, and returns what breaks them off. Clients open some ahead, and Node waits
 * for them for ever when it closes.
 */
export function trackSilentConnections(server: Server): () => void {
  const silent = new Set<Socket>()
  const remove = ({ socket }: IncomingMessage) => {
    silent.delete(socket)
    socket.off('close', removeClosed)
  }
  // One function for all: each would otherwise be kept for as long as its connection.
  function removeClosed(this: Socket) {
    silent.delete(this)
  }
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.on('close', removeClosed)
  })
  server.on('request', remove)
  server.on('upgrade', remove)
  return () => {
    for (const socket of silent) socket.destroy()
  }
}
