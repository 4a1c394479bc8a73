import { request } from 'node:http'
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

const dataOf = (userId: string) => ({
  bookingId: `b-${userId}`,
  userId,
  resourceId: 'r1',
  startsAt: '2030-05-05T10:00:00Z',
  endsAt: '2030-05-05T11:00:00Z',
})

/** Posts an event by Node's own client, which sends each header as it is given. */
async function post(headers: Record<string, string | readonly string[]>, body: object) {
  const authorization = `Bearer ${await app.token('producer', 'events:write')}`
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; problem: Answer }>()
  request(`${app.url}/v1/events`, { method: 'POST', headers: { authorization, ...headers } }, async (response) => {
    const text = Buffer.concat(await response.toArray()).toString()
    resolve({ status: response.statusCode, problem: JSON.parse(text) })
  })
    .on('error', reject)
    // As bytes: Node would send a text and the headers in one encoding.
    .end(Buffer.from(JSON.stringify(body)))
  return promise
}
interface Answer {
  readonly code?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

describe('an event whose id is not ASCII', () => {
  it('is one event in structured mode and with each form of its headers', async () => {
    const id = 'büro "1" 100 %'
    const attributes = { specversion: '1.0', type: 'booking.created', source: '/s' }
    const structured = { ...attributes, id, data: dataOf('once') }
    expect((await post({ 'content-type': 'application/cloudevents+json' }, structured)).status).toBe(202)
    const quoted = `"${id.replaceAll('%', '%25').replaceAll('"', '\\"')}"`
    for (const form of [
      encodeURIComponent(id),
      encodeURIComponent(id).toLowerCase(),
      Buffer.from(id.replaceAll('%', '%25')).toString('latin1'),
      Buffer.from(quoted).toString('latin1'),
    ]) {
      const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
      expect((await post({ ...headers, 'ce-id': form }, dataOf('once'))).status).toBe(202)
    }
    await post({ 'content-type': 'application/cloudevents+json' }, { ...structured, id: 'last', data: dataOf('once') })
    await expect.poll(async () => (await app.call('once', '/v1/notifications')).body.items.length).toBe(2)
  })
})

describe('a request', () => {
  it('with a content type that is empty or in quotes is read, and one that is none is refused by its events', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-type': 'booking.created', 'ce-source': '/s', 'ce-id': 'odd' }
    for (const [contentType, status] of [
      ['', 202],
      ['"application/json"', 202],
      ['application/json; a; b=', 202],
      ['json', 400],
    ] as const) {
      const answer = await post({ ...headers, 'content-type': contentType }, dataOf('odd'))
      expect([contentType, answer.status]).toEqual([contentType, status])
      if (status === 400)
        expect(answer.problem).toMatchObject({ code: 'EVENT_INVALID', errors: [{ path: '/content-type' }] })
    }
    expect(await post({ 'content-type': 'json' }, dataOf('odd'))).toMatchObject({
      status: 415,
      problem: { code: 'CONTENT_TYPE_UNSUPPORTED' },
    })
  })

  it('with a header of an attribute that comes twice, or cannot be decoded, is refused with its name', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-type': 'booking.created',
      'ce-source': '%C0%A0',
      'ce-id': ['1', '2'],
      'content-type': 'application/json',
    }
    const { status, problem } = await post(headers, dataOf('twice'))
    expect([status, problem.code, problem.errors?.map(({ path }) => path)]).toEqual([
      400,
      'EVENT_INVALID',
      ['/ce-source', '/ce-id'],
    ])
  })
})
