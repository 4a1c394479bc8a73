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
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

const request = (line: string, ...headers: string[]) => [line, 'Host: x', ...headers, '', ''].join('\r\n')
const upgrade = (...headers: string[]) =>
  request('GET /v1/stream HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', ...headers)
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

describe('what reaches no route', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['a length that is none', request('POST /v1/events HTTP/1.1', 'Content-Length: -1'), 400, 'REQUEST_INVALID'],
    [
      'a chunk without a size',
      `${request('POST /v1/events HTTP/1.1', 'Transfer-Encoding: chunked')}zz\r\n`,
      400,
      'REQUEST_INVALID',
    ],
    ['headers of 20 KB', request('GET /live HTTP/1.1', `X: ${'x'.repeat(20_000)}`), 431, 'HEADERS_TOO_LARGE'],
    ['a handshake without a key', upgrade('Sec-WebSocket-Version: 13'), 400, 'REQUEST_INVALID'],
    ['a handshake of another version', upgrade('Sec-WebSocket-Version: 7', key), 400, 'REQUEST_INVALID'],
  ])('is answered with a problem, and the connection ends: %s', async (_what, bytes, status, code) => {
    const [head = '', body = ''] = (await sendRaw(app.url, bytes)).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z]`))
    expect(head.toLowerCase()).toContain('content-type: application/problem+json')
    expect(head.toLowerCase()).toContain('connection: close')
    expect(JSON.parse(body)).toMatchObject({
      status,
      code,
      type: `urn:belfry:error:${code}`,
      title: expect.any(String),
    })
  })

  it('is a request without a host, and what is expected beside an answer is passed over', async () => {
    const [head = '', body = ''] = (await sendRaw(app.url, 'GET /live HTTP/1.1\r\nConnection: close\r\n\r\n')).split(
      '\r\n\r\n',
    )
    expect(head).toMatch(/^HTTP\/1.1 400 /)
    expect(head.toLowerCase()).toContain('x-content-type-options: nosniff')
    expect(JSON.parse(body)).toMatchObject({ code: 'REQUEST_INVALID' })
    const expecting = request('GET /live HTTP/1.1', 'Expect: 200-maybe', 'Connection: close')
    expect(await sendRaw(app.url, expecting)).toMatch(/^HTTP\/1.1 200 /)
  })

  it('is an address with a part that is too long', async () => {
    expect((await app.call('u1', `/v1/notifications/${'1'.repeat(3_000)}`)).body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      detail: 'the request is not as expected: a part of its address is too long',
    })
  })
})

describe('a wish to upgrade', () => {
  it.each(['h2c', 'websocket', 'TLS/1.0'])('to %s is ignored where there is no stream', async (to) => {
    const answer = await sendRaw(app.url, request('GET /live HTTP/1.1', 'Connection: Upgrade, close', `Upgrade: ${to}`))
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
    expect(answer).toContain('{"status":"ok"}')
  })

  it('to HTTP/2 takes nothing from a body', async () => {
    const body = '{"sub":"u1"}'
    const wish = [
      'Connection: Upgrade, HTTP2-Settings, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    ]
    const headers = [
      ...['Host: localhost', `Authorization: Bearer ${app.belfry.devTokens?.key}`],
      ...['Content-Type: application/json', `Content-Length: ${body.length}`, ...wish],
    ]
    const answer = await sendRaw(app.url, ['POST /dev/token HTTP/1.1', ...headers, '', body].join('\r\n'))
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"token":/)
  })
})
