import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

const origins = [
  'https://app.example.com',
  'http://localhost',
  'capacitor://localhost',
  'app://.',
  'https://[::1]:8443',
]
let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({
    folder: folder.path,
    env: { NOTIFICATION_SERVICE__HTTP__ALLOWED_ORIGINS: origins.join(',') },
  })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const same = [
  ...origins,
  'HTTPS://App.Example.com',
  'https://app.example.com:443',
  'http://localhost:80',
  'Capacitor://LOCALHOST',
]
const other = [
  'null',
  '',
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:444',
  'https://app.example.com.evil.example',
  'https://app.example.com/',
  'https://user@app.example.com',
  'http://localhost:3000',
  'ionic://localhost',
  'capacitor://localhost:1',
  'file://',
]
/** Whether a WebSocket of a page of this origin gets a frame. */
async function opens(origin: string, more: Record<string, string> = {}) {
  const opened = openSocket(app.url, await app.token('u1'), '', { origin, ...more })
  const frame = new Promise((resolve) => opened.socket.once('message', () => resolve(true)))
  const got = await Promise.race([frame, opened.closed.then(() => false)])
  opened.socket.close()
  await opened.closed
  return got
}

describe('an origin', () => {
  it.each(same)('%s may call and open a socket', async (origin) => {
    const { headers } = await app.call('u1', '/v1/notifications', { headers: { origin } })
    expect([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
      origin,
      'true',
    ])
    expect(await opens(origin)).toBe(true)
  })

  it.each(other)('%j may do neither', async (origin) => {
    const { headers } = await app.call('u1', '/v1/notifications', { headers: { origin } })
    expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([null, 'origin'])
    expect(await opens(origin)).toBe(false)
  })

  it('of a page that Belfry serves may open a socket, in any case and with the port of its scheme', async () => {
    const { host } = new URL(app.url)
    expect(await opens(app.url.toUpperCase())).toBe(true)
    expect(await opens('https://Inbox.example.com', { host: 'inbox.example.com:443' })).toBe(true)
    expect(await opens('http://inbox.example.com', { host: 'inbox.example.com:443' })).toBe(false)
    expect(await opens(`ionic://${host}`)).toBe(false)
  })
})

describe('a browser that asks first', () => {
  it.each([
    '/v1/notifications',
    '/v1/notifications/7',
    '/v1/notifications/read',
    '/v1/stream',
    '/v1/events',
    '/v1/ops/dead-letters/1/retry',
    '/ready',
    '/nothing-here',
  ])('is answered for %s', async (path) => {
    const answer = await fetch(`${app.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'capacitor://localhost',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers':
          'Authorization,BAGGAGE,Content-Type,last-event-id,Traceparent,tracestate,X-Requested-With',
      },
    })
    const allowed = answer.headers.get('access-control-allow-headers')?.split(', ')
    expect(answer.status).toBe(204)
    expect(allowed).toEqual(
      expect.arrayContaining([
        'authorization',
        'baggage',
        'content-type',
        'last-event-id',
        'traceparent',
        'tracestate',
        'x-requested-with',
      ]),
    )
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE')
    expect([answer.headers.get('access-control-max-age'), answer.headers.get('vary')]).toEqual(['600', 'origin'])
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })
})
