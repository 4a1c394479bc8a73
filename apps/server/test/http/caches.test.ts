import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** What is said of keeping the answer to these bytes. */
async function kept(line: string, ...headers: readonly string[]) {
  const answer = await sendRaw(app.url, [line, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'))
  const status = Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1])
  return { status, cache: /^cache-control: (.*)\r$/im.exec(answer)?.[1] }
}

describe('no cache keeps an answer', () => {
  it.each([
    ['GET /v1/notifications', 200],
    ['GET /%761/notifications', 200],
    ['GET /v1/%6eotifications?limit=1', 200],
    ['HEAD /%761/notifications', 200],
    ['GET /v1/notifications/7', 404],
    ['GET /%76%31/notifications/7', 404],
    ['GET /v1/notifications?limit=0', 400],
    ['GET /v1/ops/positions', 200],
    ['GET /%761/ops/positions', 200],
    ['GET /v2', 404],
    ['GET /%ff', 400],
    ['GET /ready', 200],
    ['GET /%72eady', 200],
    ['GET /metrics', 200],
    ['GET /live', 200],
    ['OPTIONS /v1/notifications', 404],
    ['POST /dev/token', 401],
    ['POST /de%76/token', 401],
    ['GET /docs/json', 200],
  ])('to %s, which is %i', async (request, status) => {
    const authorization = `Authorization: Bearer ${await app.token('u1', 'ops')}`
    expect(await kept(`${request} HTTP/1.1`, authorization)).toEqual({ status, cache: 'no-store' })
  })

  it('without a token, over an event stream, or to what is not HTTP', async () => {
    expect(await kept('GET /%761/notifications HTTP/1.1')).toEqual({ status: 401, cache: 'no-store' })
    expect(await kept('GET /v1/notifications HTTP/9.9')).toMatchObject({ status: 400, cache: 'no-store' })
    const stop = new AbortController()
    const headers = { authorization: `Bearer ${await app.token('u1')}`, accept: 'text/event-stream' }
    const answer = await fetch(`${app.url}/%761/stream`, { headers, signal: stop.signal })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    stop.abort()
  })
})

describe('an address that is written otherwise', () => {
  it('becomes a socket like the usual one', async () => {
    const protocols = ['belfry.v1', `bearer.${await app.token('u1')}`]
    for (const address of ['/v1/%73tream', '/%761/stream?after=0']) {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}${address}`, protocols)
      const { data } = await new Promise<MessageEvent>((resolve, reject) => {
        socket.onmessage = resolve
        socket.onclose = reject
      })
      expect(JSON.parse(String(data)).type).toBe('changes')
      socket.close()
    }
  })
})
