import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { bookingCreated } from '@belfry/contracts/booking'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverLimits } from '../../src/limits/server-limits.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
let token: string

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
  token = await app.token('producer', 'events:write ops')
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

const { most } = serverLimits.DECOMPRESSED_BODY
let count = 0
const event = (userId: string, more: object = {}) => {
  const data = { bookingId: `b${count}`, userId, resourceId: 'r1' }
  const when = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
  return bookingCreated.create({ source: '/test', id: `z${count++}`, data: { ...data, ...when, ...more } })
}
const text = (userId: string, more?: object) => JSON.stringify(event(userId, more))

async function post(body: Uint8Array, headers: Record<string, string>, path = '/v1/events') {
  const common = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' }
  const response = await fetch(`${app.url}${path}`, {
    method: 'POST',
    body: Uint8Array.from(body),
    headers: { ...common, ...headers },
  })
  const answer = (await response.json()) as { code?: string; detail?: string; accepted?: number }
  return { status: response.status, accepts: response.headers.get('accept-encoding'), ...answer }
}
const gzip = { 'content-encoding': 'gzip' }
const told = async (person: string) => (await app.call(person, '/v1/notifications')).body.items.length
const metrics = async () => (await fetch(`${app.url}/metrics`)).text()

describe('a compressed body', () => {
  it.each(['gzip', 'GZip', 'x-gzip', 'gzip, identity', 'identity,  gzip ,'])('is taken as %j', async (encoding) => {
    const person = `p${count}`
    expect(await post(gzipSync(text(person)), { 'content-encoding': encoding })).toMatchObject({ status: 202 })
    await expect.poll(() => told(person)).toBe(1)
  })

  it.each(['identity', 'Identity', ''])('is not expected where its encoding is %j', async (encoding) => {
    expect(await post(Buffer.from(text('u1')), { 'content-encoding': encoding })).toMatchObject({ status: 202 })
  })

  it('is taken in the other modes, and is the same event as without the encoding', async () => {
    const [first, second] = [event('modes'), event('modes')]
    const batch = { 'content-type': 'application/cloudevents-batch+json' }
    expect(await post(gzipSync(JSON.stringify([first, second])), { ...gzip, ...batch })).toMatchObject({ accepted: 2 })
    const { data, type, source, id, specversion } = first
    const headers = { 'ce-type': type, 'ce-source': source, 'ce-id': id, 'ce-specversion': specversion }
    const binary = { ...headers, 'content-type': 'application/json' }
    expect(await post(gzipSync(JSON.stringify(data)), { ...gzip, ...binary })).toMatchObject({ status: 202 })
    expect(await app.send(second)).toBe(202)
    await expect.poll(() => told('modes')).toBe(2)
    expect(await app.send(event('modes'))).toBe(202)
    await expect.poll(() => told('modes')).toBe(3)
  })

  it('of several members is one body, and zeros may follow it', async () => {
    const whole = text('members')
    const members = [gzipSync(whole.slice(0, 9)), gzipSync(''), gzipSync(whole.slice(9)), Buffer.alloc(7)]
    expect(await post(Buffer.concat(members), gzip)).toMatchObject({ status: 202 })
  })

  it.each<readonly [string, () => Uint8Array, string]>([
    ['is truncated', () => gzipSync(text('u1')).subarray(0, -5), 'its gzip data ends too early'],
    ['ends in its header', () => gzipSync(text('u1')).subarray(0, 7), 'its gzip data ends too early'],
    ['is not compressed', () => Buffer.from(text('u1')), 'it is not valid gzip data'],
    ['is deflate data', () => deflateSync(text('u1')), 'it is not valid gzip data'],
    [
      'has a wrong checksum',
      () => Buffer.concat([gzipSync(text('u1')).subarray(0, -8), Buffer.alloc(8, 7)]),
      'it is not valid gzip data',
    ],
    [
      'is followed by other bytes',
      () => Buffer.concat([gzipSync(text('u1')), Buffer.from('xyz')]),
      'it is not valid gzip data',
    ],
    [
      'hides an event behind zeros',
      () => Buffer.concat([gzipSync(text('u1')), Buffer.alloc(3), gzipSync(text('u2'))]),
      'other bytes follow its gzip data',
    ],
  ])('that %s is refused', async (_what, body, why) => {
    expect(await post(body(), gzip)).toMatchObject({
      status: 400,
      code: 'BODY_NOT_GZIP',
      detail: `the body cannot be decompressed: ${why}`,
    })
  })

  it('that becomes more than the limit is refused, and costs no more than the limit', async () => {
    const padded = (bytes: number) => {
      const { length } = text('u1', { padding: '' })
      return text('u1', { padding: 'x'.repeat(bytes - length) })
    }
    expect(padded(most).length).toBe(most)
    expect(await post(gzipSync(padded(most)), gzip)).toMatchObject({ status: 202 })
    const refused = {
      status: 413,
      code: 'BODY_TOO_LARGE',
      detail: `the decompressed body is larger than ${most} bytes`,
    }
    expect(await post(gzipSync(padded(most + 1)), gzip)).toMatchObject(refused)
    // A gigabyte in a megabyte, and in several members.
    const bomb = gzipSync(Buffer.alloc(1_000_000_000))
    expect(bomb.length).toBeLessThan(most)
    const before = process.resourceUsage().maxRSS
    for (let round = 0; round < 20; round++) expect(await post(bomb, gzip)).toMatchObject(refused)
    const small = gzipSync(Buffer.alloc(100_000))
    expect(await post(Buffer.concat(Array.from({ length: 2_000 }, () => small)), gzip)).toMatchObject(refused)
    // In kilobytes: what is received, sent and decompressed of each, and never the gigabyte.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(200_000)
    expect(await post(Buffer.alloc(most + 1), gzip)).toMatchObject({
      status: 413,
      detail: `the body is larger than ${most} bytes`,
    })
  })

  it('counts as what it becomes among the bodies that are held at once', async () => {
    const { hostname, port } = new URL(app.url)
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`
    // Sixteen bodies that do not end, and leave half a megabyte for this sender.
    const slow = Array.from({ length: 16 }, (_, index) => {
      const socket = connect(Number(port), hostname)
      socket.write(`${head}Content-Length: ${index === 0 ? most / 2 : most}\r\n\r\n[`)
      return socket
    })
    const padded = (bytes: number) => gzipSync(text('held', { padding: 'x'.repeat(bytes) }))
    const large = padded(0.9 * most)
    expect(large.length).toBeLessThan(most / 8)
    await expect.poll(async () => (await post(large, gzip)).status).toBe(429)
    expect(await metrics()).toContain('belfry_limited_total{limit="BODIES"}')
    expect((await post(padded(most / 4), gzip)).status).toBe(202)
    for (const socket of slow) socket.destroy()
    await expect.poll(async () => (await post(large, gzip)).status).toBe(202)
  })

  it.each([
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
    ['gzip, gzip', (body: string) => gzipSync(gzipSync(body))],
    ['gzip, br', gzipSync],
    ['aws-chunked', gzipSync],
  ])('in %s is refused, with what is accepted', async (encoding, compress) => {
    expect(await post(compress(text('u1')), { 'content-encoding': encoding })).toMatchObject({
      status: 415,
      code: 'CONTENT_ENCODING_UNSUPPORTED',
      detail: `the encoding of the body is ${encoding}; this route accepts gzip, once, or none`,
      accepts: 'gzip',
    })
  })

  it('is refused by the other routes, which accept none', async () => {
    const json = { ...gzip, 'content-type': 'application/json' }
    for (const path of ['/v1/notifications/read', '/v1/ops/topics/booking/pause', '/dev/token'])
      expect(await post(gzipSync('{}'), json, path)).toMatchObject(
        path === '/dev/token'
          ? { status: 401 }
          : {
              status: 415,
              code: 'CONTENT_ENCODING_UNSUPPORTED',
              detail: expect.stringMatching(/accepts none$/),
              accepts: 'identity',
            },
      )
    // A request for another reason has no such header.
    expect(await post(Buffer.from('x'), { 'content-type': 'text/plain' })).toMatchObject({ status: 415, accepts: null })
  })
})
