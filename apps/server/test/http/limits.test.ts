import { once } from 'node:events'
import { connect } from 'node:net'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { networkOf } from '../../src/http/admission/network.ts'
import { createLimit } from '../../src/http/admission/rate-limits.ts'
import { serverLimits } from '../../src/limits/server-limits.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

/** A Belfry with these limits, with a folder of its own. */
async function belfryWith(limits: Readonly<Record<string, number>> = {}) {
  const folder = await begunFolder()
  const env = Object.fromEntries(
    Object.entries(limits).map(([key, value]) => [`NOTIFICATION_SERVICE__LIMITS__${key.toUpperCase()}`, String(value)]),
  )
  const app = await startBelfry({ folder: folder.path, env })
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      await app.belfry.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Calls with this token; answers the status, the code of a problem and when to come again. */
async function call(url: string, token: string, init: RequestInit & { json?: unknown } = {}) {
  const { json, ...rest } = init
  const response = await fetch(url, {
    ...rest,
    headers: {
      authorization: `Bearer ${token}`,
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...rest.headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = response.headers.get('content-type')?.startsWith('text/event-stream') ? '{}' : await response.text()
  const { code }: { code?: string } = JSON.parse(text)
  if (text === '{}') await response.body?.cancel()
  return { status: response.status, code, again: response.headers.get('retry-after') }
}

describe('marks', () => {
  it('above the limit are answered 429 with the seconds to wait, which suffice, and other people are not affected', async () => {
    await using app = await belfryWith({ marks_per_second: 3 })
    const [ann, bob] = [await app.token('ann'), await app.token('bob')]
    const through = (token: string) =>
      call(`${app.url}/v1/notifications/read`, token, { method: 'POST', json: { through: 0 } })
    const patch = () => call(`${app.url}/v1/notifications/1`, ann, { method: 'PATCH', json: { read: true } })
    // Three of these pass; on a slow machine a second window may let some more.
    for (const mark of [() => through(ann), patch]) {
      const answers = await Promise.all(Array.from({ length: 12 }, mark))
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(refused).toEqual(refused.map(() => ({ status: 429, code: 'TOO_MANY_REQUESTS', again: '1' })))
    }
    expect((await through(bob)).status).toBe(200)
    // Reading is another limit.
    expect((await call(`${app.url}/v1/notifications`, ann)).status).toBe(200)
    const since = performance.now()
    await expect.poll(() => performance.now() - since, { interval: 20 }).toBeGreaterThan(1_000)
    expect((await through(ann)).status).toBe(200)
  })
})

describe('reads', () => {
  it('above the limit are answered 429, and a socket is closed with 4029 and the seconds to wait', async () => {
    // Fifty in five seconds, of which a resume takes ten.
    await using app = await belfryWith({ reads_per_second: 10 })
    const [ann, bob] = [await app.token('ann'), await app.token('bob')]
    const inbox = `${app.url}/v1/notifications`
    const resumed = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { socket, frames, closed } = openSocket(app.url, ann, '?after=0')
        const reason = new Promise<string>((resolve) => socket.once('close', (_, why) => resolve(String(why))))
        const began = expect.poll(() => frames.length + Number(socket.readyState === socket.CLOSED)).toBe(1)
        await began
        if (frames.length > 0) return { socket, code: 'open' }
        return { socket, code: await closed, reason: await reason }
      }),
    )
    const refused = resumed.filter(({ code }) => code !== 'open')
    expect(refused.length).toBeGreaterThan(0)
    for (const { code, reason } of refused) expect([code, reason]).toEqual([4029, expect.stringMatching(/^[1-5]$/)])
    const answers = await Promise.all(
      [inbox, `${inbox}/1`, `${app.url}/v1/stream?after=0`].flatMap((url) =>
        Array.from({ length: 60 }, () => call(url, ann)),
      ),
    )
    const tooMany = answers.filter(({ status }) => status === 429)
    expect(tooMany.length).toBeGreaterThan(100)
    for (const { code, again } of tooMany) {
      expect(code).toBe('TOO_MANY_REQUESTS')
      expect(again).toMatch(/^[1-5]$/)
    }
    // Others read, and she does again later.
    expect((await call(inbox, bob)).status).toBe(200)
    await expect.poll(async () => (await call(inbox, ann)).status, { interval: 500 }).toBe(200)
    expect(await (await fetch(`${app.url}/metrics`)).text()).toContain('belfry_limited_total{limit="READS"}')
    for (const { socket } of resumed) socket.close()
  })

  it('that are long pages count as several', async () => {
    // Fifty in five seconds: twelve pages of two hundred, or fifty of fifty.
    await using app = await belfryWith({ reads_per_second: 10 })
    const answered = async (person: string, limit: number) => {
      const token = await app.token(person)
      const asked = Array.from({ length: 20 }, () => call(`${app.url}/v1/notifications?limit=${limit}`, token))
      return (await Promise.all(asked)).filter(({ status }) => status === 200).length
    }
    expect(await answered('ann', 200)).toBeLessThan(20)
    expect(await answered('bob', 50)).toBe(20)
  })

  it('of ten tabs that come back at once, with a page each, are within the limit', async () => {
    await using app = await belfryWith()
    const ann = await app.token('ann')
    const tabs = Array.from({ length: 10 }, () => openSocket(app.url, ann, '?after=0'))
    for (const tab of tabs) await expect.poll(() => tab.frames.length).toBe(1)
    const pages = await Promise.all(tabs.map(() => call(`${app.url}/v1/notifications`, ann)))
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]))
    for (const { socket } of tabs) socket.close()
  })
})

describe('new connections', () => {
  it('above the limit are closed with 4010, and event streams answered 429', async () => {
    await using app = await belfryWith({ sockets_per_second: 2 })
    const [ann, bob] = [await app.token('ann'), await app.token('bob')]
    const accept = { accept: 'text/event-stream' }
    const seen = Array.from({ length: 8 }, () => openSocket(app.url, ann))
    expect(await Promise.race(seen.map(({ closed }) => closed))).toBe(4010)
    await expect
      .poll(() => seen.filter(({ frames, socket }) => frames.length > 0 || socket.readyState === socket.CLOSED).length)
      .toBe(8)
    expect(seen.filter(({ frames }) => frames.length > 0).length).toBeGreaterThanOrEqual(2)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call(`${app.url}/v1/stream`, bob, { headers: accept })),
    )
    expect(answers).toContainEqual({ status: 429, code: 'TOO_MANY_REQUESTS', again: '1' })
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2)
    for (const { socket } of seen) socket.close()
    // The limit is one of time: those that have gone make room.
    await expect.poll(async () => (await call(`${app.url}/v1/stream`, ann, { headers: accept })).status).toBe(200)
  })
})

describe('tokens that fail', () => {
  it('are answered 429 above the limit, 4001 on sockets always, and good ones of the same address pass', async () => {
    await using app = await belfryWith({ failed_tokens_per_minute: 3 })
    const good = await app.token('ann', 'events:write')
    const inbox = `${app.url}/v1/notifications`
    const expired = await new SignJWT({ sub: 'ann', exp: 1 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('x'.repeat(32)))
    const since = performance.now()
    expect(await call(inbox, 'nonsense')).toMatchObject({ status: 401, code: 'TOKEN_INVALID' })
    expect(await openSocket(app.url, 'nonsense').closed).toBe(4001)
    expect(await call(inbox, expired)).toMatchObject({ status: 401 })
    for (const url of [inbox, `${app.url}/v1/stream`]) {
      const { status, code, again } = await call(url, 'nonsense')
      expect([status, code]).toEqual([429, 'TOO_MANY_REQUESTS'])
      expect(again).toMatch(/^\d+$/)
      // The rest of the minute that began with the first.
      expect(Number(again)).toBeLessThanOrEqual(60)
      expect(Number(again)).toBeGreaterThanOrEqual(60 - (performance.now() - since) / 1_000)
    }
    expect(await openSocket(app.url, 'nonsense').closed).toBe(4001)
    // Where there is no token, none has failed.
    expect((await fetch(inbox)).status).toBe(401)
    expect((await call(inbox, good)).status).toBe(200)
    const socket = openSocket(app.url, good)
    await expect.poll(() => socket.frames.length).toBe(1)
    socket.socket.close()
    const batch = { 'content-type': 'application/cloudevents-batch+json' }
    const sent = await Promise.all(
      Array.from({ length: 200 }, () =>
        call(`${app.url}/v1/events`, good, { method: 'POST', headers: batch, body: '[]' }),
      ),
    )
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202]))
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::192.0.2.1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('from %s count for %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

it('a connection that its client has broken off has no address, and counts with all others of its kind', () => {
  expect(networkOf(undefined)).toBe('closed')
})

describe('an answer', () => {
  /** Sends bytes as they are; answers status line and headers, and the body. */
  async function raw(url: string, text: string) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(text)
    let got = ''
    socket.on('data', (chunk) => {
      got += String(chunk)
    })
    await once(socket, 'close')
    const [head = '', body = ''] = got.split('\r\n\r\n')
    const [line, ...headers] = head.split('\r\n')
    return {
      line,
      headers: new Headers(
        headers.map((one): [string, string] => [one.split(': ')[0] ?? '', one.split(': ')[1] ?? '']),
      ),
      body,
    }
  }
  const secure = (headers: Headers) =>
    ['x-content-type-options', 'x-frame-options', 'referrer-policy', 'content-security-policy'].map((name) =>
      headers.get(name),
    )
  const strict = ['nosniff', 'DENY', 'no-referrer', "default-src 'none'; frame-ancestors 'none'"]

  it('has headers that keep it from being framed, guessed at or run, whatever it is', async () => {
    await using app = await belfryWith()
    const token = await app.token('ann')
    const authorization = `Bearer ${token}`
    for (const [path, init] of [
      ['/live', {}],
      ['/v1/notifications', { headers: { authorization } }],
      ['/v1/notifications', {}],
      ['/v1/notifications?limit=0', { headers: { authorization } }],
      ['/v2', {}],
      ['/%ff', {}],
      ['/dev/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
    ] as const)
      expect([path, ...secure((await fetch(`${app.url}${path}`, init)).headers)]).toEqual([path, ...strict])
    const stop = new AbortController()
    const stream = await fetch(`${app.url}/v1/stream`, {
      headers: { authorization, accept: 'text/event-stream' },
      signal: stop.signal,
    })
    expect(secure(stream.headers)).toEqual(strict)
    stop.abort()
  })

  it('that is the page of /docs may load what it needs from here, and run its own scripts', async () => {
    await using app = await belfryWith()
    for (const path of ['/docs/', '/docs/static/swagger-ui.css', '/docs/static/swagger-ui-bundle.js']) {
      const response = await fetch(`${app.url}${path}`)
      expect(response.status).toBe(200)
      // A stop waits for whoever still reads.
      await response.text()
      const policy = response.headers.get('content-security-policy')
      expect(policy).toContain("default-src 'self'")
      expect(policy).toContain("script-src 'self'")
      expect(policy).not.toContain("default-src 'none'")
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it.each([
    [
      'headers that are too large',
      `GET /live HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['what is no HTTP', 'EHLO belfry\r\n\r\n', 400, 'REQUEST_INVALID'],
    [
      'two lengths',
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'REQUEST_INVALID',
    ],
  ])('to %s is a problem too', async (_what, text, status, code) => {
    await using app = await belfryWith()
    const { line, headers, body } = await raw(app.url, text)
    expect(line).toMatch(`HTTP/1.1 ${status} `)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(body)))
    expect(secure(headers)).toEqual(strict)
    expect(JSON.parse(body)).toMatchObject({ type: `urn:belfry:error:${code}`, status, code })
  })

  it('that is under way is broken off, with nothing foreign in it, when what follows is not HTTP', async () => {
    await using app = await belfryWith()
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += String(chunk)
    })
    const accept = 'accept: text/event-stream'
    socket.write(
      `GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await app.token('ann')}\r\n${accept}\r\n\r\n`,
    )
    await expect.poll(() => got).toContain('event: changes')
    const closed = once(socket, 'close')
    socket.write('EHLO belfry\r\n\r\n')
    await closed
    expect(got.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})

describe('a stop', () => {
  it('does not wait for a connection that has not sent a request', async () => {
    await using folder = await begunFolder()
    const app = await startBelfry({ folder: folder.path })
    const silent = connect(Number(new URL(app.url).port), '127.0.0.1')
    await once(silent, 'connect')
    // A later connection that is answered: the silent one was taken, too.
    expect((await fetch(`${app.url}/live`)).status).toBe(200)
    const gone = once(silent, 'close')
    await app.belfry.close()
    await gone
  })
})

describe('a limit', () => {
  afterEach(() => void vi.useRealTimers())

  it('returns how long to wait, and remembers no more people or addresses than are allowed', async () => {
    vi.useFakeTimers()
    const limit = createLimit(1, 60)
    expect(await limit.take('ann')).toBeUndefined()
    vi.advanceTimersByTime(20_500)
    expect(await limit.take('ann')).toBe(40)
    expect(await limit.take('bob')).toBeUndefined()
    for (let one = 0; one < serverLimits.COUNTED_KEYS.most - 1; one++) await limit.take(`2001:db8:0:${one}::/64`)
    // No timer for each of them, and the first of all is forgotten.
    expect(vi.getTimerCount()).toBe(0)
    expect(await limit.take('bob')).toBe(60)
    expect(await limit.take('ann')).toBeUndefined()
    // Its place is that of the next.
    expect(await limit.take('bob')).toBeUndefined()
    vi.advanceTimersByTime(60_000)
    expect(await limit.take('ann')).toBeUndefined()
    // A clock that is set back locks nobody out.
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(await limit.take('ann')).toBeUndefined()
  })
})
