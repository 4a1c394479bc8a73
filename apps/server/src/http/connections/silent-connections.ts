import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps in mind which connections have not asked for anything yet, and answers what breaks them off. Clients open some ahead, and
 * Node waits for them when it closes, for ever.
 */
export function trackSilentConnections(server: Server): () => void {
  const silent = new Set<Socket>()
  const heard = ({ socket }: IncomingMessage) => silent.delete(socket)
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('request', heard)
  server.on('upgrade', heard)
  return () => {
    for (const socket of silent) socket.destroy()
  }
}
