import { type WebSocket, WebSocketServer } from 'ws'

/** The sockets of each person. */
export type People = Map<string, Set<WebSocket>>

/** Listens on the port, and keeps the sockets of the person that the address names (`?user=`). */
export function listenForPeople(port: number): People {
  const people: People = new Map()
  const server = new WebSocketServer({ port, perMessageDeflate: false })
  server.on('connection', (socket, { url = '/' }) => {
    const user = new URL(url, 'http://localhost').searchParams.get('user') ?? ''
    const sockets = people.get(user) ?? new Set()
    people.set(user, sockets.add(socket))
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  return people
}
