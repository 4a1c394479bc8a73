import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { guardServer } from '../../../src/http/connections/guard-server.ts'
import { serverLimits } from '../../../src/limits/server-limits.ts'
import { begunFolder, startBelfry } from '../../start-belfry.ts'

/** A connection that was let in or turned away, with what came over it. */
function connectTo(url: string) {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  let got = ''
  socket.setEncoding('utf8').on('data', (text: string) => (got += text))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return { socket, closed, got: () => got }
}
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`
const metricOf = async (url: string, limit: string) => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^belfry_limited_total\\{limit="${limit}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

describe('connections', () => {
  it('beyond the limit are closed at once, and each that goes makes room', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({
      folder: folder.path,
      env: { NOTIFICATION_SERVICE__HTTP__MAX_CONNECTIONS: '10', NOTIFICATION_SERVICE__HTTP__OPS_PORT: '0' },
    })
    const { opsAddress = '' } = app.belfry
    const all = Array.from({ length: 20 }, () => connectTo(app.url))
    for (const { socket } of all) socket.write(get('/live'))
    const isIn = ({ got }: (typeof all)[number]) => got().includes('{"status":"ok"}')
    const isOut = ({ socket, got }: (typeof all)[number]) => socket.closed && got() === ''
    await expect.poll(() => all.filter((one) => isIn(one) || isOut(one)).length).toBe(20)
    const held = all.filter(isIn)
    // What the test itself has connected counts too.
    expect(held.length).toBeGreaterThan(5)
    expect(held.length).toBeLessThanOrEqual(10)
    // Operators and probes have a port, and a limit, of their own.
    expect((await fetch(`${opsAddress}/ready`)).status).toBe(200)
    await expect.poll(() => metricOf(opsAddress, 'HTTP_CONNECTIONS')).toBe(20 - held.length)
    for (const { socket } of held.slice(0, 3)) socket.destroy()
    const again = async () => {
      const { socket, closed, got } = connectTo(app.url)
      socket.write(get('/live', 'connection: close\r\n'))
      await closed
      return got()
    }
    await expect.poll(again).toContain('{"status":"ok"}')
    for (const { socket } of held) socket.destroy()
  })
})

describe('a connection', () => {
  it('that sends thousands of requests and waits for no answer is broken off before they are worked on', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const authorization = `authorization: Bearer ${await app.token('u1')}\r\n`
    for (const request of [get('/ready'), get('/v1/notifications', authorization)]) {
      const { socket, closed, got } = connectTo(app.url)
      socket.write(request.repeat(10_000))
      await closed
      const answers = got().match(/^HTTP\/1\.1 /gm)?.length ?? 0
      expect(answers).toBeLessThanOrEqual(serverLimits.PIPELINED.most)
    }
    expect(await metricOf(app.url, 'PIPELINED')).toBeGreaterThanOrEqual(2)
    // As many as may wait are answered, in their order.
    const { socket, closed, got } = connectTo(app.url)
    const paths = Array.from({ length: serverLimits.PIPELINED.most }, (_, index) => `/none/${index}`)
    socket.write(
      paths
        .slice(0, -1)
        .map((path) => get(path))
        .join('') + get(paths.at(-1) ?? '', 'connection: close\r\n'),
    )
    await closed
    expect([...got().matchAll(/there is no route GET (\/none\/\d+)/g)].map(([, path]) => path)).toEqual(paths)
  })

  it('that reads nothing of its answer is broken off', async () => {
    const server: Server = createServer((_request, response) => void response.end(Buffer.alloc(50_000_000)))
    guardServer(server, { connections: 10, unreadMs: 200, onBeyond() {} })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : ''
    const { socket } = connectTo(url)
    const [taken] = await once(server, 'connection')
    socket.pause()
    const broken = once(taken, 'close')
    socket.write(get('/'))
    await broken
    // One that reads is not.
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(50_000_000)
    socket.destroy()
    server.close()
    server.closeAllConnections()
  })
})
