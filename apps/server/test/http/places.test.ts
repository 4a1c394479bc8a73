import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

const CONNECTIONS = 10

/** Sends a request for an event stream, and what follows it, over a bare connection; answers once the stream has begun. */
async function beginStream(token: string, headers: string, after: string | Uint8Array) {
  const { hostname, port } = new URL(app.url)
  const reader = connect(Number(port), hostname)
  let got = ''
  reader.on('data', (chunk) => {
    got += String(chunk)
  })
  reader.on('error', () => {})
  reader.write(
    `GET /v1/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n`,
  )
  reader.write(after)
  await expect.poll(() => got).toContain('event: changes')
  return reader
}

/** Whether all places of a person are free. */
async function areFree(token: string): Promise<boolean> {
  const all = Array.from({ length: CONNECTIONS }, () => openSocket(app.url, token))
  const first = await Promise.all(
    all.map(({ socket, closed }) =>
      Promise.race([closed, new Promise((resolve) => socket.once('message', () => resolve('open')))]),
    ),
  )
  for (const { socket } of all) socket.close()
  await Promise.all(all.map(({ closed }) => closed))
  return first.every((one) => one === 'open')
}

describe('a place among a person’s connections is given back when its reader goes', () => {
  it('of a stream whose request had a body, which is not used', async () => {
    const token = await app.token('body')
    const length = 1_000_000
    const readers = await Promise.all(
      Array.from({ length: CONNECTIONS }, () =>
        beginStream(token, `Content-Length: ${length}\r\n`, new Uint8Array(length).fill(32)),
      ),
    )
    for (const reader of readers) reader.destroy()
    await expect.poll(() => areFree(token)).toBe(true)
  })

  it('of streams that were requested one behind the other, over one connection', async () => {
    const token = await app.token('behind')
    const again = `GET /v1/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const reader = await beginStream(token, '', again.repeat(CONNECTIONS - 1))
    await expect.poll(async () => (await fetch(`${app.url}/metrics`)).text()).toContain('belfry_sockets 10\n')
    const gone = once(reader, 'close')
    reader.destroy()
    await gone
    await expect.poll(() => areFree(token)).toBe(true)
  })
})
