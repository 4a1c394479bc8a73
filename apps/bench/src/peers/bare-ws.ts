// A server of `ws` that does nothing but hold sockets, and send one text to all of them when it is sent that text as a message.
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: Number(process.env.PORT), host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (socket) => socket.on('message', () => {}))
server.on('listening', () => process.send?.('ready'))
process.on('message', (message) => {
  if (typeof message !== 'object' || message === null) return
  const text: unknown = Reflect.get(message, 'broadcast')
  if (typeof text === 'string') for (const socket of server.clients) socket.send(text)
})
