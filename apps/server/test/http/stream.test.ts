import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { bookingCreated } from '@belfry/contracts/booking'
import { userDeleted } from '@belfry/contracts/user'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, sendFrames } from '../raw-frames.ts'
import { begunFolder, openEvents, openSocket, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({
    folder: folder.path,
    env: { NOTIFICATION_SERVICE__HTTP__ALLOWED_ORIGINS: 'https://app.example.com' },
  })
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

let count = 0
const event = (userId: string) =>
  bookingCreated.create({
    source: '/test',
    id: `s${count++}`,
    data: {
      bookingId: `b${count}`,
      userId,
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })
const socketOf = async (person: string, query = '', headers = {}) =>
  openSocket(app.url, await app.token(person), query, headers)
const frames = (seen: { frames: readonly unknown[] }, number: number) =>
  expect.poll(() => seen.frames.length).toBe(number)
/** The first frames of a stream, which is stopped then. */
async function firstOf(stream: Awaited<ReturnType<typeof openEvents>>, number: number) {
  await frames(stream, number)
  stream.stop()
  return stream.frames
}
/** TCP sockets of this process: it is client and server at once. */
const connections = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

describe('a socket', () => {
  it('receives the present head first, then every change, each frame following the one before', async () => {
    await app.send(event('sam'))
    await expect.poll(async () => (await app.call('sam', '/v1/notifications')).body.head).toBe(1)
    const sam = await socketOf('sam')
    await frames(sam, 1)
    expect(sam.socket.protocol).toBe('belfry.v1')
    expect(sam.frames[0]).toEqual({
      type: 'changes',
      epoch: expect.any(String),
      after: 1,
      head: 1,
      unread: 1,
      items: [],
    })
    await app.send(event('sam'))
    await frames(sam, 2)
    await app.call('sam', '/v1/notifications/1', { method: 'PATCH', json: { read: true } })
    await app.call('sam', '/v1/notifications/read', { method: 'POST', json: { through: 3 } })
    await frames(sam, 4)
    expect(sam.frames.slice(1)).toMatchObject([
      { after: 1, head: 2, unread: 2, items: [{ seq: 2, title: 'r1 is booked' }] },
      { after: 2, head: 3, unread: 1, items: [{ seq: 1, rev: 3, read: true }] },
      { after: 3, head: 4, unread: 0, readThrough: 3, items: [] },
    ])
    sam.socket.close()
  })

  it('gets what it lacks after its number, or a reset when it comes from elsewhere', async () => {
    await app.send(event('rita'), event('rita'), event('rita'))
    await expect.poll(async () => (await app.call('rita', '/v1/notifications')).body.head).toBe(3)
    const { epoch } = (await app.call('rita', '/v1/notifications')).body
    const first = async (query: string) => {
      const seen = await socketOf('rita', query)
      await frames(seen, 1)
      seen.socket.close()
      return seen.frames[0]
    }
    expect(await first('?after=1')).toMatchObject({
      type: 'changes',
      after: 1,
      head: 3,
      items: [{ seq: 2 }, { seq: 3 }],
    })
    expect(await first(`?after=1&epoch=${epoch}`)).toMatchObject({ type: 'changes', after: 1 })
    expect(await first('?after=1&epoch=another')).toEqual({ type: 'reset', epoch, head: 3, unread: 3 })
    expect(await first('?after=9')).toEqual({ type: 'reset', epoch, head: 3, unread: 3 })
  })

  it('of a person who is deleted is closed with 4001, and no other is', async () => {
    const [dora, emil] = [await socketOf('dora'), await socketOf('emil')]
    await Promise.all([frames(dora, 1), frames(emil, 1)])
    await app.send(userDeleted.create({ source: '/test', id: 'dora:deleted', data: { userId: 'dora' } }))
    expect(await dora.closed).toBe(4001)
    await app.send(event('emil'))
    await frames(emil, 2)
  })

  it('without a good token is closed with 4001, whatever is wrong with it', async () => {
    expect(await openSocket(app.url, undefined).closed).toBe(4001)
    expect(await openSocket(app.url, 'nonsense').closed).toBe(4001)
    const { frames: none } = openSocket(app.url, 'nonsense')
    expect(none).toEqual([])
  })

  it('takes its token from the header too', async () => {
    const sam = openSocket(app.url, undefined, '', { authorization: `Bearer ${await app.token('header')}` })
    await frames(sam, 1)
    sam.socket.close()
  })

  it('of a page of another site is refused, and of ours or an allowed one is not', async () => {
    const refused = await socketOf('u1', '', { origin: 'https://evil.example' })
    expect(await refused.closed).toBe(1006)
    for (const origin of [app.url, 'https://app.example.com']) {
      const allowed = await socketOf('u1', '', { origin })
      await frames(allowed, 1)
      allowed.socket.close()
    }
  })

  it('that sends what is not a frame is closed with 4002, and one that sends a frame that is too large with 1009', async () => {
    for (const text of ['{', '[]', '{"type":"hello"}', '{"type":"seen","head":-1}', '{"type":"auth"}']) {
      const seen = await socketOf('rude')
      seen.socket.on('open', () => seen.socket.send(text))
      expect(await seen.closed, text).toBe(4002)
    }
    const large = await socketOf('rude')
    large.socket.on('open', () => large.socket.send('x'.repeat(70_000)))
    expect(await large.closed).toBe(1009)
  })

  it('that breaks the rules of WebSocket is closed with the code for it, and is not logged as an error', async () => {
    const token = await app.token('broken')
    const text = (bytes: number[]) => bytesOf({ first: 0x81, payload: Buffer.from(bytes), masked: true })
    const large = bytesOf({ first: 0x82, payload: new Uint8Array(70_000), masked: true })
    // It goes on talking, as a client does that has not heard the close yet.
    const more = Buffer.concat(Array.from({ length: 20 }, () => large))
    for (const [bytes, code] of [
      [bytesOf({ first: 0xf1, payload: new Uint8Array(), masked: true }), 1002],
      [text([0xff]), 1007],
      [large, 1009],
    ] as const)
      for (let round = 0; round < 10; round++)
        expect(await sendFrames(app.url, token, Buffer.concat([bytes, more]))).toBe(code)
    expect(app.lines.filter((line) => JSON.parse(line).level >= 40)).toEqual([])
  })

  it('that goes on after a bad frame is not listened to any more', async () => {
    const token = await app.token('chatty')
    let timers = 0
    const hook = createHook({ init: (_id, type) => void (type === 'Timeout' && timers++) }).enable()
    const bad = bytesOf({ first: 0x81, payload: Buffer.from('{'), masked: true })
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => bad))
    expect(await sendFrames(app.url, token, many, { greeted: true })).toBe(4002)
    hook.disable()
    expect(timers).toBeLessThan(200)
  })

  it('that sends pong, seen or auth stays open; a token of another person ends it', async () => {
    const seen = await socketOf('polite')
    await frames(seen, 1)
    seen.socket.send('{"type":"pong"}')
    seen.socket.send('{"type":"seen","head":0}')
    seen.socket.send(JSON.stringify({ type: 'auth', token: await app.token('polite') }))
    await app.send(event('polite'))
    await frames(seen, 2)
    seen.socket.send(JSON.stringify({ type: 'auth', token: await app.token('somebody') }))
    expect(await seen.closed).toBe(4001)
  })

  it('is the eleventh of its person and is closed with 4010, while the ten stay', async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => socketOf('many')))
    for (const one of ten) await frames(one, 1)
    expect(await (await socketOf('many')).closed).toBe(4010)
    expect((await openEvents(app.url, await app.token('many'))).status).toBe(429)
    await app.send(event('many'))
    for (const one of ten) await frames(one, 2)
    ten[0]?.socket.close()
    await ten[0]?.closed
    await expect
      .poll(async () => {
        const again = await socketOf('many')
        const opened = await Promise.race([
          again.closed,
          new Promise((resolve) => again.socket.once('message', () => resolve('open'))),
        ])
        again.socket.close()
        return opened
      })
      .toBe('open')
    for (const one of ten) one.socket.close()
  })

  it('that is refused leaves nothing behind, a thousand of each kind', async () => {
    const before = connections()
    for (let round = 0; round < 20; round++) {
      const refused = Array.from({ length: 50 }, (_, index) => [
        openSocket(app.url, `bad${index}`),
        openSocket(app.url, 'bad', '', { origin: 'https://evil.example' }),
      ]).flat()
      await Promise.all(refused.map(({ closed }) => closed))
    }
    // fetch keeps a few of its own open.
    await expect.poll(connections).toBeLessThanOrEqual(before + 4)
  })
})

describe('a stop', () => {
  it('ends while clients keep connecting, and leaves none of them', async () => {
    await using own = await begunFolder()
    const other = await startBelfry({ folder: own.path })
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => other.token(`p${index}`)))
    const stop = new AbortController()
    const sockets: ReturnType<typeof openSocket>[] = []
    const streams: Promise<unknown>[] = []
    let closed: Promise<void> | undefined
    for (let round = 0; round < 12; round++) {
      // In the midst of one round, so that some are only just coming.
      for (const [index, token] of tokens.entries()) {
        if (index % 2 === 0) sockets.push(openSocket(other.url, token))
        else
          streams.push(
            fetch(`${other.url}/v1/stream`, {
              headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
              signal: stop.signal,
            }).then(
              (response) => response.text(),
              () => undefined,
            ),
          )
        if (round === 4 && index === 10) closed = other.belfry.close()
      }
      await new Promise(setImmediate)
    }
    await closed
    await Promise.all(streams)
    for (const code of await Promise.all(sockets.map((socket) => socket.closed))) expect([1006, 1012]).toContain(code)
    stop.abort()
  })
})

describe('server-sent events', () => {
  it('carry the same frames, with an id that resumes', async () => {
    const token = await app.token('eva')
    const eva = await openEvents(app.url, token)
    await frames(eva, 1)
    await app.send(event('eva'))
    await frames(eva, 2)
    await app.send(event('eva'))
    await frames(eva, 3)
    const [, second, third] = eva.frames
    eva.stop()
    const resumed = await openEvents(app.url, token, '?after=0', { 'last-event-id': second?.id ?? '' })
    await frames(resumed, 1)
    expect(resumed.frames[0]).toMatchObject({ after: 1, head: 2, items: third?.items ?? [], id: third?.id })
    resumed.stop()
  })

  it('that are resumed from an id that is not theirs load everything again', async () => {
    const token = await app.token('ida')
    await app.send(event('ida'))
    const [{ epoch = '' } = {}] = await firstOf(await openEvents(app.url, token), 1)
    for (const id of ['3', 'x/y', `${epoch}/-1`, `${epoch}/99999999999999999999`, `${epoch}/9999999999`]) {
      const [first] = await firstOf(await openEvents(app.url, token, '', { 'last-event-id': id }), 1)
      expect([id, first?.type]).toEqual([id, 'reset'])
    }
  })

  it('whose reader has gone before its token was verified take no place', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const asked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const keys = createServer(async (_request, response) => {
      asked.resolve()
      await gate.promise
      response.end(JSON.stringify({ keys: [await exportJWK(publicKey)] }))
    })
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve))
    const { port } = keys.address() as AddressInfo
    await using folder = await begunFolder()
    const env = { NOTIFICATION_SERVICE__AUTH__JWKS_URL: `http://127.0.0.1:${port}/` }
    await using own = await startBelfry({ folder: folder.path, env })
    const token = await new SignJWT({ sub: 'u1' })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime('1h')
      .sign(privateKey)
    const { hostname, port: ownPort } = new URL(own.url)
    const readers = Array.from({ length: 10 }, () => {
      const reader = connect(Number(ownPort), hostname)
      const head = `Host: ${hostname}\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`
      // Where the first has been answered the second has been read.
      reader.write(`GET /live HTTP/1.1\r\nHost: ${hostname}\r\n\r\nGET /v1/stream HTTP/1.1\r\n${head}`)
      return reader
    })
    await Promise.all(readers.map((reader) => once(reader, 'data')))
    await asked.promise
    for (const reader of readers) reader.destroy()
    await Promise.all(readers.map(() => fetch(`${own.url}/live`)))
    gate.resolve()
    const socket = openSocket(own.url, token)
    await frames(socket, 1)
    expect(await (await fetch(`${own.url}/metrics`)).text()).toContain('belfry_sockets 1\n')
    socket.socket.close()
    keys.close()
  })

  it('need a token and an Accept header', async () => {
    expect((await fetch(`${app.url}/v1/stream`, { headers: { accept: 'text/event-stream' } })).status).toBe(401)
    expect(
      (
        await fetch(`${app.url}/v1/stream`, {
          headers: { accept: 'application/json', authorization: `Bearer ${await app.token('u1')}` },
        })
      ).status,
    ).toBe(406)
    expect(
      (
        await fetch(`${app.url}/v1/stream?after=x`, {
          headers: { accept: 'text/event-stream', authorization: `Bearer ${await app.token('u1')}` },
        })
      ).status,
    ).toBe(400)
  })
})

describe('a page that is allowed', () => {
  it('can call from elsewhere, and others cannot', async () => {
    const ask = (origin: string) =>
      fetch(`${app.url}/v1/notifications`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
      })
    const allowed = await ask('https://app.example.com')
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.example.com',
    ])
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    const answer = await fetch(`${app.url}/v1/notifications`, { headers: { origin: 'https://app.example.com' } })
    expect(answer.headers.get('access-control-expose-headers')).toBe('retry-after')
  })
})
