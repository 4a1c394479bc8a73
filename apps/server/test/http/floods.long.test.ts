import { once } from 'node:events'
import { connect } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type WebSocket from 'ws'
import { bytesOf, closeCodeOf, handshakeOf, openRaw } from '../raw-frames.ts'
import { serveKeys } from '../serve-keys.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

const SECRET = 'a secret that only these tests know'

/** A Belfry of its own folder, with this configuration. */
async function belfryWith(env: NodeJS.ProcessEnv = {}) {
  const folder = await begunFolder()
  const app = await startBelfry({ folder: folder.path, env })
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      await app.belfry.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A token of this person that no other call has answered. */
const fresh = (() => {
  let count = 0
  return (sub: string) =>
    new SignJWT({ sub, jti: String(count++) })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET))
})()

const auth = (token: string) => JSON.stringify({ type: 'auth', token })
const first = (seen: { frames: readonly unknown[] }) => expect.poll(() => seen.frames.length).toBeGreaterThan(0)
/** Resolves once everything that was sent before has been read. */
const readSoFar = async (socket: WebSocket) => {
  socket.ping()
  await once(socket, 'pong')
}

/** Milliseconds that a person's list took. */
async function timeOf(url: string, token: string): Promise<number> {
  const since = performance.now()
  const response = await fetch(`${url}/v1/notifications`, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  expect(response.status).toBe(200)
  return performance.now() - since
}

describe('auth frames', () => {
  it('as fast as ten sockets of one person take them close all ten with 4002, and another’s list comes as before', async () => {
    await using app = await belfryWith({ NOTIFICATION_SERVICE__AUTH__SECRET: SECRET })
    const other = await fresh('other')
    await timeOf(app.url, other)
    const quiet = await timeOf(app.url, other)
    const ten = await Promise.all(Array.from({ length: 10 }, async () => openSocket(app.url, await fresh('ann'))))
    await Promise.all(ten.map(first))
    const frames = await Promise.all(Array.from({ length: 100 }, async () => auth(await fresh('ann'))))
    for (const { socket } of ten)
      for (let round = 0; round < 10; round++) for (const frame of frames) socket.send(frame)
    // Not the token of before: it is verified like any other's.
    const busy = await timeOf(app.url, await fresh('other'))
    expect(await Promise.all(ten.map(({ closed }) => closed))).toEqual(Array(10).fill(4002))
    expect(busy).toBeLessThan(20 * quiet + 3_000)
  })

  it('ten a minute are verified, and the eleventh closes with 4002', async () => {
    await using app = await belfryWith({ NOTIFICATION_SERVICE__AUTH__SECRET: SECRET })
    const ann = openSocket(app.url, await fresh('ann'))
    await first(ann)
    for (let count = 0; count < 10; count++) ann.socket.send(auth(await fresh('ann')))
    await readSoFar(ann.socket)
    expect(ann.socket.readyState).toBe(ann.socket.OPEN)
    ann.socket.send(auth(await fresh('ann')))
    expect(await ann.closed).toBe(4002)
  })

  it('that come while one is verified wait as one, the newest', async () => {
    const [known, later] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')]
    const jwk = async (pair: typeof known, kid: string) => ({ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256' })
    const sign = ({ privateKey }: typeof known, kid: string, sub: string) =>
      new SignJWT({ sub }).setProtectedHeader({ alg: 'RS256', kid }).setExpirationTime('1h').sign(privateKey)
    let now = Date.now()
    await using keys = await serveKeys({ keys: [await jwk(known, 'known')] })
    const folder = await begunFolder()
    const app = await startBelfry({
      folder: folder.path,
      env: { NOTIFICATION_SERVICE__AUTH__JWKS_URL: keys.url },
      clock: () => now,
    })
    const ann = openSocket(app.url, await sign(known, 'known', 'ann'))
    await first(ann)
    keys.answer('hang')
    // Keys may be fetched again.
    now += 31_000
    const asked = keys.count()
    ann.socket.send(auth(await sign(later, 'later', 'ann')))
    await expect.poll(keys.count).toBe(asked + 1)
    // Verified, this one would end the connection.
    ann.socket.send(auth(await sign(known, 'known', 'bob')))
    ann.socket.send(auth(await sign(known, 'known', 'ann')))
    await readSoFar(ann.socket)
    keys.release({ keys: [await jwk(known, 'known'), await jwk(later, 'later')] })
    // What is verified now has been verified after all of these.
    const bob = openSocket(app.url, await sign(later, 'later', 'bob'))
    await first(bob)
    await readSoFar(ann.socket)
    expect(ann.socket.readyState).toBe(ann.socket.OPEN)
    await app.belfry.close()
    await folder[Symbol.asyncDispose]()
  })
})

const text = (words: string) => bytesOf({ first: 0x81, payload: Buffer.from(words), masked: true })

describe('frames', () => {
  it.each([
    ['marks of what was seen', text('{"type":"seen","head":0}')],
    ['pongs', bytesOf({ first: 0x8a, payload: new Uint8Array(), masked: true })],
  ])('%s as fast as they go are read slowly, lose nothing, and hold up no other person', async (_, frame) => {
    await using app = await belfryWith()
    const [ann, bob] = [await app.token('ann'), await app.token('bob')]
    await timeOf(app.url, bob)
    const quiet = await timeOf(app.url, bob)
    const ten = await Promise.all(Array.from({ length: 10 }, () => openRaw(app.url, ann)))
    const flood = Buffer.concat(Array(Math.ceil(8_000_000 / frame.length)).fill(frame))
    for (const { socket } of ten) socket.write(flood)
    let slowest = 0
    for (let time = 0; time < 20; time++) slowest = Math.max(slowest, await timeOf(app.url, bob))
    expect(slowest).toBeLessThan(20 * quiet + 1_000)
    const limited = async () => (await fetch(`${app.url}/metrics`)).text()
    await expect.poll(limited).toMatch(/belfry_limited_total{limit="READ_PACE"} \d\d/)
    // Most of it still waits where it comes from.
    for (const { socket } of ten) expect(socket.writableLength).toBeGreaterThan(0)
    for (const { socket } of ten) socket.destroy()
  })

  it('that are pings, more than can be answered, end their connection', async () => {
    await using app = await belfryWith()
    const { socket } = await openRaw(app.url, await app.token('ann'))
    const ping = bytesOf({ first: 0x89, payload: new Uint8Array(100), masked: true })
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(Buffer.concat(Array(1_000).fill(ping)))
    await ended
  })

  it('of a client that sends much at once are all read', async () => {
    await using app = await belfryWith()
    const seen = openSocket(app.url, await app.token('ann'))
    await first(seen)
    for (let head = 0; head < 4_500; head++) seen.socket.send(JSON.stringify({ type: 'seen', head }))
    seen.socket.send(auth(await app.token('bob')))
    expect(await seen.closed).toBe(4001)
  })

  it('in more than 64 fragments is closed with 1008', async () => {
    await using app = await belfryWith()
    const open = await openRaw(app.url, await app.token('ann'))
    const fragment = bytesOf({ first: 0x00, payload: new Uint8Array(), masked: true })
    const begin = bytesOf({ first: 0x01, payload: Buffer.from('{'), masked: true })
    const ended = once(open.socket, 'close')
    open.socket.end(Buffer.concat([begin, ...Array(1_000).fill(fragment)]))
    await ended
    expect(closeCodeOf(open.seen())).toBe(1008)
  })
})

describe('sockets whose token is not verified yet', () => {
  it('are not read, and lose nothing of what they sent', async () => {
    const pair = await generateKeyPair('RS256')
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime('1h')
      .sign(pair.privateKey)
    await using keys = await serveKeys('hang')
    await using app = await belfryWith({ NOTIFICATION_SERVICE__AUTH__JWKS_URL: keys.url })
    const early = openSocket(app.url, token)
    await once(early.socket, 'open')
    for (let count = 0; count < 100; count++) early.socket.send('{"type":"pong"}')
    early.socket.send('{')
    const flood = await openRaw(app.url, token, { greeted: false })
    flood.socket.write(Buffer.concat(Array(400_000).fill(text('{"type":"pong"}'))))
    // In one packet with the request itself.
    const { hostname, port } = new URL(app.url)
    const eager = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const got: Buffer[] = []
    eager.on('data', (chunk) => got.push(chunk)).on('end', () => eager.end())
    eager.write(Buffer.concat([Buffer.from(handshakeOf(token)), text('{')]))
    await expect.poll(keys.count).toBe(1)
    for (let time = 0; time < 20; time++) await (await fetch(`${app.url}/live`)).text()
    expect(flood.socket.writableLength).toBeGreaterThan(0)
    expect(early.socket.readyState).toBe(early.socket.OPEN)
    keys.release({ keys: [await exportJWK(pair.publicKey)] })
    expect(await early.closed).toBe(4002)
    if (!eager.closed) await once(eager, 'close')
    const answer = Buffer.concat(got)
    expect(closeCodeOf(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(4002)
    flood.socket.destroy()
  })
})
