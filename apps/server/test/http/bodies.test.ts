import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunFolder, startBelfry } from '../start-belfry.ts'

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

/** Sends bytes over a bare connection. */
function send(text: string) {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  let got = ''
  socket.on('data', (chunk) => {
    got += String(chunk)
  })
  socket.on('error', () => {})
  socket.write(text)
  return { socket, got: () => got }
}
const metrics = async () => (await fetch(`${app.url}/metrics`)).text()

describe('bodies', () => {
  it('of one sender that are held at once are limited, and others still send', async () => {
    const [greedy, modest] = [await app.token('greedy', 'events:write'), await app.token('modest', 'events:write')]
    const head = (length: string) =>
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${greedy}\r\nContent-Type: application/cloudevents-batch+json\r\n${length}\r\n\r\n`
    // Each has a megabyte to come, said or not, and sends a part of it.
    const slow = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? send(`${head('Content-Length: 1048576')}[`)
        : send(`${head('Transfer-Encoding: chunked')}1\r\n[\r\n`),
    )
    const refused = () => slow.filter(({ got }) => got().startsWith('HTTP/1.1 429'))
    await expect.poll(() => refused().length).toBe(24)
    expect(refused()[0]?.got()).toMatch(/retry-after: 1\r\n/i)
    expect(await metrics()).toContain('belfry_limited_total{limit="BODIES"} 24\n')
    const answer = await fetch(`${app.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${modest}`, 'content-type': 'application/cloudevents-batch+json' },
      body: '[]',
    })
    expect(answer.status).toBe(202)
    for (const { socket } of slow) socket.destroy()
    // What was held is given back.
    await expect
      .poll(async () => {
        const again = send(`${head('Content-Length: 2')}[]`)
        await once(again.socket, 'data')
        again.socket.destroy()
        return again.got().slice(0, 12)
      })
      .toBe('HTTP/1.1 202')
  })
})
