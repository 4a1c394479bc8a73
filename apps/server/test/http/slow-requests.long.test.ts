import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { begunFolder, startBelfry } from '../start-belfry.ts'

describe('a request', () => {
  it('that does not come to its end is answered 408, and one that does in time is not', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const token = await app.token('ann')
    const { hostname, port } = new URL(app.url)
    const socket = connect({ host: hostname, port: Number(port) })
    const got: string[] = []
    socket.setEncoding('utf8').on('data', (text: string) => got.push(text))
    const head = ['POST /v1/notifications/read HTTP/1.1', 'Host: x', `Authorization: Bearer ${token}`]
    const body = '{"through":0}'
    const lines = [...head, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', '']
    socket.write(lines.join('\r\n') + body.slice(0, 5))
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(body.slice(5))
    await expect.poll(() => got.join('')).toContain('200 OK')
    socket.write(lines.join('\r\n') + body.slice(0, 5))
    await once(socket, 'end')
    expect(got.at(-1)).toMatch(/^HTTP\/1.1 408 /)
    expect(got.at(-1)).toContain('REQUEST_TIMED_OUT')
    socket.destroy()
  })
})
