import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { type WebSocket, WebSocket as WebSocketClient, WebSocketServer } from 'ws'
import { ping } from '../../../src/delivery/frames.ts'
import type { Outlet } from '../../../src/delivery/outlet.ts'
import { closeCodeOf } from '../../../src/http/connections/close-socket.ts'
import { eventStreamOutlet } from '../../../src/http/connections/event-stream-outlet.ts'
import { createWaitingBytes } from '../../../src/http/connections/waiting-bytes.ts'
import { webSocketOutlet } from '../../../src/http/connections/web-socket-outlet.ts'

const frame = {
  type: 'changes',
  head: 1,
  text: JSON.stringify({ type: 'changes', padding: 'x'.repeat(60_000) }),
} as const

/** Listens, and connects to it without ever reading more than the answer's head. */
async function unread(server: ReturnType<typeof createServer>, head: string) {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  client.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n`)
  await new Promise((resolve) => client.once('readable', resolve))
  return client
}

it('closes a WebSocket that does not read with 4008, and breaks it off when it does not answer that', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  const connected = new Promise<[WebSocket, IncomingMessage]>((resolve) =>
    sockets.once('connection', (...both) => resolve(both)),
  )
  const client = await unread(
    server,
    `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`,
  )
  const [socket, request] = await connected
  const gone = new Promise<number>((resolve) => socket.once('close', resolve))
  const outlet = webSocketOutlet(socket, request.socket)
  let most = 0
  for (let sent = 0; sent < 2_000 && socket.readyState === socket.OPEN; sent++) {
    outlet.send([frame])
    most = Math.max(most, socket.bufferedAmount)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(socket.readyState).not.toBe(socket.OPEN)
  expect(most).toBeLessThan(1_100_000)
  // It never answered, and is counted for what it was told.
  const heard = await gone
  expect([heard, closeCodeOf(socket, heard)]).toEqual([1006, 4008])
  expect(outlet.send([frame, frame])).toBe(0)
  client.destroy()
  sockets.close()
  server.close()
})

it('breaks off server-sent events that are not read', async () => {
  let most = 0
  const server = createServer(async (_request, response) => {
    const outlet = eventStreamOutlet(response)
    for (let sent = 0; sent < 2_000 && !response.destroyed; sent++) {
      outlet.send([frame])
      most = Math.max(most, response.writableLength)
      await new Promise((resolve) => setImmediate(resolve))
    }
    ended.resolve(response.destroyed)
  })
  const ended = Promise.withResolvers<boolean>()
  const client = await unread(server, '')
  expect(await ended.promise).toBe(true)
  expect(most).toBeLessThan(1_100_000)
  client.destroy()
  server.close()
})

it('closes the slow of many connections, and no other, when all together wait for too much', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  const connected: WebSocket[] = []
  const outlets: Outlet[] = []
  const waiting = createWaitingBytes(1_000_000)
  sockets.on('connection', (socket, { socket: raw }) => {
    connected.push(socket)
    outlets.push(webSocketOutlet(socket, raw, waiting))
  })
  const upgrade = () =>
    unread(
      server,
      `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`,
    )
  const [reader, ...slow] = [await upgrade(), await upgrade(), await upgrade(), await upgrade(), await upgrade()]
  reader?.resume()
  let most = 0
  for (let sent = 0; sent < 2_000 && connected.filter(({ readyState }) => readyState === 1).length > 1; sent++) {
    for (const outlet of outlets) outlet.send([frame])
    most = Math.max(
      most,
      connected.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
    )
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Each of them had far less than one alone may have.
  expect(most).toBeLessThan(1_000_000 + connected.length * 130_000)
  expect(connected.map(({ readyState }) => readyState === 1)).toEqual([true, false, false, false, false])
  for (const client of [reader, ...slow]) client?.destroy()
  sockets.close()
  server.close()
})

it('sends frames of every length over a WebSocket, made here or in another thread, and a ping of WebSocket after a ping', async () => {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await new Promise((resolve) => sockets.once('listening', resolve))
  const texts = [0, 1, 125, 126, 65_535, 65_536, 200_000].map((length) => 'x'.repeat(length)).concat('“ü”', '')
  sockets.on('connection', (socket, { socket: raw }) => {
    const outlet = webSocketOutlet(socket, raw)
    outlet.send(texts.map((text) => ({ type: 'changes', text })))
    outlet.send(texts.map((text) => ({ type: 'changes', text: Buffer.from(text) })))
    outlet.send([ping])
  })
  const client = new WebSocketClient(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`)
  const received: string[] = []
  client.on('message', (data, isBinary) => void received.push(isBinary ? 'binary' : String(data)))
  await new Promise((resolve) => client.once('ping', resolve))
  expect(received).toEqual([...texts, ...texts, ping.text])
  client.terminate()
  sockets.close()
})
