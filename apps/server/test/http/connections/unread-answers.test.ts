import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createUnreadAnswers } from '../../../src/http/connections/unread-answers.ts'
import { begunFolder, startBelfry } from '../../start-belfry.ts'

/** Asks several times at once, and reads nothing. */
function ask(url: string, path: string, times: number): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => {})
  socket.pause().write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(times))
  return socket
}

describe('answers that are not read', () => {
  it('break off whose they are beyond the limit, the longest unread first', async () => {
    // More than the buffers of the system take.
    const answer = 'x'.repeat(12_000_000)
    let beyond = 0
    let asked = 0
    const hold = createUnreadAnswers(() => beyond++, answer.length * 5)
    const taken: Socket[] = []
    const server = createServer(({ socket, url }, response) => {
      hold(socket, response, answer.length)
      response.end(answer)
      if (url === '/unread') asked++
    })
    server.on('connection', (socket) => taken.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/` : ''
    const unread: Socket[] = []
    const leaveTwo = async () => {
      const before = asked
      unread.push(ask(url, '/unread', 2))
      await expect.poll(() => asked).toBe(before + 2)
    }
    await leaveTwo()
    await leaveTwo()
    // A client that reads is answered beside them, again and again.
    for (let one = 0; one < 5; one++) expect((await (await fetch(url)).text()).length).toBe(answer.length)
    expect(beyond).toBe(0)
    await leaveTwo()
    expect([beyond, taken[0]?.destroyed, taken[1]?.destroyed]).toEqual([1, true, false])
    expect((await (await fetch(url)).text()).length).toBe(answer.length)
    // Answers of connections that are gone are counted no more, those behind others too.
    for (const socket of unread) socket.destroy()
    const unreadTaken = taken.filter((_, index) => index < 2)
    await expect.poll(() => unreadTaken.every(({ destroyed }) => destroyed)).toBe(true)
    await leaveTwo()
    await leaveTwo()
    expect(beyond).toBe(1)
    server.close()
    server.closeAllConnections()
  })

  it('keep none of the files of /docs open', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const path = '/docs/static/swagger-ui-bundle.js'
    const whole = await (await fetch(app.url + path)).text()
    expect(whole.length).toBeGreaterThan(1_000_000)
    const sockets = Array.from({ length: 20 }, () => ask(app.url, path, 10))
    // Each has a part of its first answer by then.
    await Promise.all(sockets.map((socket) => once(socket, 'readable')))
    await expect.poll(() => openFiles().filter((file) => file.endsWith('swagger-ui-bundle.js'))).toEqual([])
    // A part of a file is not kept as if it were the whole.
    const again = await fetch(app.url + path, { headers: { range: 'bytes=0-9' } })
    expect([again.status, (await again.text()) === whole]).toEqual([200, true])
    for (const socket of sockets) socket.destroy()
  })
})

/** What this process has open, where the system says so. */
function openFiles(): string[] {
  const folder = '/proc/self/fd'
  try {
    return readdirSync(folder).flatMap((one) => {
      try {
        return [readlinkSync(`${folder}/${one}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}
