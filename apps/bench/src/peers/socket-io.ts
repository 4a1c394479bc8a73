// Socket.IO with connection state recovery: what was sent to all while a client was away reaches it when it returns. It keeps that in memory. A text
// that is sent to it (POST /) goes to all clients.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Server } from 'socket.io'

const RECOVERY_MS = 120_000

const server = createServer((request, response) => {
  if (request.method !== 'POST') return void response.writeHead(404).end()
  text(request).then(
    (news) => {
      io.emit('news', news)
      response.writeHead(202).end()
    },
    () => response.writeHead(400).end(),
  )
})
const io = new Server(server, {
  connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: true },
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'))
