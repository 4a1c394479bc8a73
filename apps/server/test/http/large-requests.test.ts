import { bookingCreated } from '@belfry/contracts/booking'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
let token: string

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
  token = await app.token('u1', 'ops events:write')
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

/** What is told of a refused request. */
interface Problem {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly path: string; readonly message: string; readonly more?: number }[]
}
async function ask(method: string, path: string, body?: string, type = 'application/json') {
  const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) }
  const response = await fetch(`${app.url}${path}`, { method, headers, ...(body !== undefined && { body }) })
  const text = await response.text()
  return { status: response.status, bytes: Buffer.byteLength(text), problem: JSON.parse(text) as Problem }
}
const keys = (bytes: number) =>
  Array.from({ length: Math.floor(bytes / 14) }, (_, index) => `"throug${(index + 1_000).toString(36)}":0`).join(',')
const small: readonly (readonly [string, string])[] = [
  ['PATCH', '/v1/notifications/1'],
  ['POST', '/v1/notifications/read'],
  ['POST', '/v1/ops/topics/booking/pause'],
  ['PUT', '/v1/ops/topics/booking/partitions/0/position'],
  ['POST', '/v1/ops/dead-letters/1/retry'],
  ['DELETE', '/v1/ops/people/u9'],
  ['POST', '/v1/no-such-route'],
]

describe('a body', () => {
  it.each(small)('of more than 4 KiB is refused by %s %s, with the limit', async (method, path) => {
    const { status, problem } = await ask(method, path, `{"x":"${'x'.repeat(4_096)}"}`)
    expect([status, problem.code, problem.detail]).toEqual([
      413,
      'BODY_TOO_LARGE',
      'the body is larger than 4096 bytes',
    ])
  })

  it('of more than 1 MiB is refused by POST /v1/events, with the limit', async () => {
    const { status, problem } = await ask('POST', '/v1/events', 'x'.repeat(1_048_577), 'application/cloudevents+json')
    expect([status, problem.detail]).toEqual([413, 'the body is larger than 1048576 bytes'])
  })

  it.each([
    ['says that it is too large', `content-length: 4097\r\n\r\n`],
    ['is too large by what has come', `transfer-encoding: chunked\r\n\r\n1100\r\n${'x'.repeat(0x1100)}\r\n`],
  ])('that %s is refused before the rest of it has come', async (_how, rest) => {
    const answer = await sendRaw(
      app.url,
      `POST /v1/notifications/read HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${rest}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*the body is larger than 4096 bytes/s)
  })

  it('of unknown keys is answered with a hundred of them at most, in some kilobytes', async () => {
    const { status, bytes, problem } = await ask('POST', '/v1/notifications/read', `{${keys(4_000)}}`)
    expect([status, problem.code]).toEqual([400, 'REQUEST_INVALID'])
    expect(problem.errors).toHaveLength(101)
    expect(problem.errors?.at(-1)?.message).toMatch(/^and \d+ more$/)
    expect(bytes).toBeLessThan(32_768)
  })

  it('of a megabyte of unknown keys in place of an event is answered in some kilobytes', async () => {
    const event = { specversion: '1.0', id: '1', source: '/s', type: 'booking.updated' }
    const body = `${JSON.stringify(event).slice(0, -1)},"data":{${keys(1_000_000)}}}`
    const { status, bytes } = await ask('POST', '/v1/events', body, 'application/cloudevents+json')
    expect(status).toBe(400)
    expect(bytes).toBeLessThan(32_768)
  })
})

describe('an address', () => {
  it('with thousands of unknown names is answered with a hundred of them at most', async () => {
    const query = Array.from({ length: 2_500 }, (_, index) => `x${index.toString(36)}`).join('&')
    const { status, bytes, problem } = await ask('GET', `/v1/notifications?${query}`)
    expect([status, problem.errors?.length]).toEqual([400, 101])
    expect(bytes).toBeLessThan(32_768)
  })

  it('without a route is shown by its beginning', async () => {
    const { status, bytes } = await ask('GET', `/${'x/'.repeat(6_000)}`)
    expect(status).toBe(404)
    expect(bytes).toBeLessThan(1_024)
  })
})

describe('lists in one another, as deep as the size allows,', () => {
  const deep = (bytes: number) => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`
  const event = bookingCreated.create({
    source: '/s',
    id: '1',
    data: {
      bookingId: 'b',
      userId: 'u1',
      resourceId: 'r',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })
  const spoilt = (place: string) => `${JSON.stringify(event).slice(0, -1)},"${place}":${deep(1_000_000)}}`

  it.each([
    ['data', 'application/cloudevents+json', spoilt('data')],
    ['datacontenttype', 'application/cloudevents+json', spoilt('datacontenttype')],
    ['an attribute', 'application/cloudevents+json', spoilt('subject')],
    ['an event of a batch', 'application/cloudevents-batch+json', `[${spoilt('data')}]`],
    ['a batch', 'application/cloudevents-batch+json', deep(1_000_000)],
  ])('are refused with a code in place of %s', async (_place, type, body) => {
    const { status, problem } = await ask('POST', '/v1/events', body, type)
    expect([status, problem.code]).toEqual([400, 'EVENT_INVALID'])
  })

  it('are refused with a code as the data of binary mode', async () => {
    const response = await fetch(`${app.url}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': '/s',
        'ce-type': 'booking.created',
      },
      body: deep(1_000_000),
    })
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([400, 'EVENT_INVALID'])
  })

  it('are refused with a code as a small body', async () => {
    const { status, problem } = await ask('POST', '/v1/notifications/read', `{"through":${deep(4_000)}}`)
    expect([status, problem.code]).toEqual([400, 'REQUEST_INVALID'])
  })

  it('close a socket that sends them with 4002', async () => {
    const { socket, frames, closed } = openSocket(app.url, token)
    await expect.poll(() => frames.length).toBe(1)
    socket.send(`{"type":"auth","token":${deep(60_000)}}`)
    expect(await closed).toBe(4002)
  })
})
