import { bookingCreated } from '@belfry/contracts/booking'
import { SignJWT } from 'jose'
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

let count = 0
const event = (userId: string) =>
  bookingCreated.create({
    source: '/test',
    id: `h${count++}`,
    data: {
      bookingId: `b${count}`,
      userId,
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

/** A problem, or what is answered to events. */
interface Answer {
  readonly status?: number
  readonly code?: string
  readonly detail?: string
  readonly accepted?: number
  readonly errors?: readonly { readonly path: string }[]
}

/** Posts a body as it is; answers status and problem. */
async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, path = '/v1/events') {
  const authorization = `Bearer ${await app.token('producer', 'events:write')}`
  const response = await fetch(`${app.url}${path}`, { method: 'POST', body, headers: { authorization, ...headers } })
  const problem = (await response.json()) as Answer
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    problem,
    paths: (problem.errors ?? []).map(({ path }) => path),
  }
}
const structured = { 'content-type': 'application/cloudevents+json' }
const batch = { 'content-type': 'application/cloudevents-batch+json' }
const inbox = async (person: string, query = '') => (await app.call(person, `/v1/notifications${query}`)).body
const told = async (person: string, titles: number) =>
  expect.poll(async () => (await inbox(person)).items.length).toBe(titles)

describe('bad events', () => {
  const good = () => ({ ...event('nobody') })
  const changed = (change: object) => JSON.stringify({ ...good(), data: { ...good().data, ...change } })

  it.each<
    [
      what: string,
      body: () => string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string>,
      status: number,
      code: string,
      paths: string[],
    ]
  >([
    ['not JSON', () => '{', structured, 400, 'EVENT_NOT_JSON', []],
    ['not UTF-8', () => Uint8Array.from([0x22, 0xff, 0x22]), structured, 400, 'EVENT_NOT_JSON', []],
    ['nothing', () => '', structured, 400, 'EVENT_NOT_JSON', []],
    ['not a CloudEvent', () => '{"hello":"world"}', structured, 400, 'EVENT_NOT_CLOUDEVENT', []],
    ['not even an object', () => '[]', structured, 400, 'EVENT_NOT_CLOUDEVENT', []],
    [
      'of an unknown type',
      () => JSON.stringify({ ...good(), type: 'booking.made' }),
      structured,
      400,
      'EVENT_TYPE_UNKNOWN',
      ['/type'],
    ],
    [
      'with wrong fields',
      () => changed({ userId: 7, startsAt: 'soon' }),
      structured,
      400,
      'EVENT_INVALID',
      ['/data/userId', '/data/startsAt'],
    ],
    ['with NUL', () => changed({ more: 'a\0b' }), structured, 400, 'EVENT_INVALID', ['/data/more']],
    [
      'with half a surrogate pair',
      () => changed({ more: { x: '\ud800' } }),
      structured,
      400,
      'EVENT_INVALID',
      ['/data/more/x'],
    ],
    [
      'nested too deep',
      () => JSON.stringify(good()).replace('"data":{', `"data":{"x":${'['.repeat(9_000)}${']'.repeat(9_000)},`),
      structured,
      400,
      'EVENT_INVALID',
      [`/data/x${'/0'.repeat(63)}`],
    ],
    [
      'of another content type',
      () => JSON.stringify(good()),
      { 'content-type': 'application/xml' },
      415,
      'CONTENT_TYPE_UNSUPPORTED',
      [],
    ],
    ['too large', () => changed({ padding: 'x'.repeat(2_000_000) }), structured, 413, 'BODY_TOO_LARGE', []],
    [
      'binary without a type',
      () => '{}',
      { 'content-type': 'application/json', 'ce-specversion': '1.0' },
      400,
      'EVENT_NOT_CLOUDEVENT',
      [],
    ],
    ['a batch of too many', () => `[${'1,'.repeat(1_000)}1]`, batch, 400, 'BATCH_TOO_LARGE', []],
  ])('are refused: %s', async (_what, body, headers, status, code, paths) => {
    const answer = await post(body(), headers)
    expect([answer.status, answer.problem.code, answer.problem.status]).toEqual([status, code, status])
    expect(answer.paths).toEqual(paths)
    expect(answer.type).toMatch(/^application\/problem\+json/)
    expect(JSON.stringify(answer.problem)).not.toMatch(/node_modules|\.ts:|at \w+ \(/)
  })

  it('spoil their whole batch, with each problem named by its place, and nothing is accepted', async () => {
    const bad = { ...good(), id: 'bad', data: { ...good().data, endsAt: 'never' } }
    const { status, paths } = await post(
      JSON.stringify([event('batched'), event('batched'), event('batched'), bad, { type: 'x' }]),
      batch,
    )
    expect([status, paths]).toEqual([400, ['/3/data/endsAt', '/4/type']])
    // What comes after is told, and alone: the batch has left nothing.
    expect(await app.send(event('batched'))).toBe(202)
    await told('batched', 1)
  })
})

describe('good events', () => {
  it('are taken in all three modes, and a time that is missing is now', async () => {
    const { data, ...attributes } = event('modes')
    const binary = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-type': attributes.type,
      'ce-source': attributes.source,
      'ce-id': '%C3%BC1',
    }
    expect((await post(JSON.stringify(data), binary)).status).toBe(202)
    expect((await post(JSON.stringify(event('modes')), structured)).status).toBe(202)
    expect((await post(JSON.stringify([event('modes'), event('modes')]), batch)).problem).toEqual({ accepted: 2 })
    await told('modes', 4)
    expect((await post('[]', batch)).problem).toEqual({ accepted: 0 })
  })
})

describe('a request without the right to its route', () => {
  const secretOf = async () => (await import('node:fs/promises')).readFile(`${folder.path}/token-secret`, 'utf8')
  const signed = async (claims: object, expires: string | number = '1h', secret?: string) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(secret ?? (await secretOf()).trim()))
  const get = async (authorization: string | undefined, path = '/v1/notifications', method = 'GET') => {
    const response = await fetch(`${app.url}${path}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    })
    return [response.status, ((await response.json()) as Answer).code, response.headers.get('www-authenticate')]
  }

  it('gets 401 without a token, with a bad one and with an expired one', async () => {
    expect(await get(undefined)).toEqual([401, 'TOKEN_MISSING', 'Bearer'])
    expect(await get('Basic dTE6cHc=')).toEqual([401, 'TOKEN_MISSING', 'Bearer'])
    expect(await get('Bearer nonsense')).toEqual([401, 'TOKEN_INVALID', 'Bearer error="invalid_token"'])
    expect((await get(`Bearer ${await signed({ sub: 'u1' }, '1h', 'x'.repeat(32))}`))[1]).toBe('TOKEN_INVALID')
    expect((await get(`Bearer ${await signed({ sub: 'u1' }, Math.floor(Date.now() / 1_000) - 31)}`))[1]).toBe(
      'TOKEN_EXPIRED',
    )
    expect((await get(`Bearer ${await signed({ sub: 'u1' }, Math.floor(Date.now() / 1_000) - 10)}`))[0]).toBe(200)
    expect((await get(`Bearer ${await signed({})}`))[1]).toBe('TOKEN_INVALID')
    expect((await get(`Bearer ${await signed({ sub: 'a\0' })}`))[1]).toBe('TOKEN_INVALID')
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"u1","exp":99999999999}')}.`.replaceAll('=', '')
    expect((await get(`Bearer ${unsigned}`))[1]).toBe('TOKEN_INVALID')
  })

  it('gets 403 without the scope, and 401 first where both are missing', async () => {
    expect((await get(`Bearer ${await app.token('u1')}`, '/v1/events', 'POST')).slice(0, 2)).toEqual([
      403,
      'SCOPE_MISSING',
    ])
    expect((await get(undefined, '/v1/events', 'POST'))[0]).toBe(401)
  })

  it("gets 404 for another's notification, whatever they do to it", async () => {
    await app.send(event('owner'))
    await told('owner', 1)
    for (const [path, init] of [
      ['/v1/notifications/1', {}],
      ['/v1/notifications/1', { method: 'PATCH', json: { read: true } }],
    ] as const)
      expect((await app.call('thief', path, init)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect((await inbox('owner')).items[0].read).toBe(false)
  })
})

describe('the inbox', () => {
  it('is listed in pages, newest first, by filter and category', async () => {
    expect(await app.send(...Array.from({ length: 5 }, () => event('pager')))).toBe(202)
    await told('pager', 5)
    const first = await inbox('pager', '?limit=2')
    const second = await inbox('pager', `?limit=2&before=${first.next}`)
    const third = await inbox('pager', `?limit=2&before=${second.next}`)
    expect([first, second, third].map(({ items }) => items.map(({ seq }: { seq: number }) => seq))).toEqual([
      [5, 4],
      [3, 2],
      [1],
    ])
    expect(third).not.toHaveProperty('next')
    expect((await inbox('pager', '?category=booking')).items).toHaveLength(5)
    expect((await inbox('pager', '?category=other')).items).toHaveLength(0)
  })

  it('takes marks, one by one and all at once, and counts', async () => {
    await app.send(event('marker'), event('marker'), event('marker'))
    await told('marker', 3)
    const patch = (json: unknown, seq: number | string = 1) =>
      app.call('marker', `/v1/notifications/${seq}`, { method: 'PATCH', json })
    expect((await patch({ read: true })).body).toMatchObject({ seq: 1, rev: 4, read: true })
    expect((await patch({ read: true })).body).toMatchObject({ seq: 1, rev: 4, read: true })
    expect((await patch({ archived: true }, 2)).body).toMatchObject({ seq: 2, rev: 5, archived: true, read: false })
    expect(await inbox('marker', '?filter=unread')).toMatchObject({ head: 5, unread: 1, items: [{ seq: 3 }] })
    expect((await inbox('marker', '?filter=archived')).items).toMatchObject([{ seq: 2 }])
    expect((await app.call('marker', '/v1/notifications/1')).body).toMatchObject({ seq: 1, read: true })
    const all = await app.call('marker', '/v1/notifications/read', { method: 'POST', json: { through: 99 } })
    expect(all.body).toEqual({ head: 6, unread: 0 })
  })

  it.each([
    ['/v1/notifications?limit=0', ['/limit']],
    ['/v1/notifications?limit=201', ['/limit']],
    ['/v1/notifications?limit=x&before=-1', ['/limit', '/before']],
    ['/v1/notifications?filter=old', ['/filter']],
    ['/v1/notifications?limt=5', ['/limt']],
    ['/v1/notifications?category=%00', ['/category']],
    ['/v1/notifications/0', ['/seq']],
    ['/v1/notifications/one', ['/seq']],
    ['/v1/notifications/1.5', ['/seq']],
    ['/v1/notifications/1e3', ['/seq']],
    ['/v1/notifications?limit=2&limit=3', ['/limit']],
    ['/v1/notifications/99999999999', ['/seq']],
  ])('refuses %s', async (path, paths) => {
    const { status, body } = await app.call('u1', path)
    expect([status, body.code, body.errors.map((error: { path: string }) => error.path)]).toEqual([
      400,
      'REQUEST_INVALID',
      paths,
    ])
  })

  it('refuses marks that are none', async () => {
    const patch = (init: object) => app.call('u1', '/v1/notifications/1', { method: 'PATCH', ...init })
    expect(
      (await patch({ json: { read: 'yes', raed: true } })).body.errors.map((error: { path: string }) => error.path),
    ).toEqual(['/read', '/raed'])
    expect((await patch({ body: '{', headers: { 'content-type': 'application/json' } })).body).toMatchObject({
      status: 400,
      code: 'BODY_INVALID',
    })
    expect((await patch({ body: 'read', headers: { 'content-type': 'text/plain' } })).body).toMatchObject({
      status: 415,
      code: 'CONTENT_TYPE_NOT_JSON',
    })
    expect(
      (await app.call('u1', '/v1/notifications/read', { method: 'POST', json: { through: -1 } })).body,
    ).toMatchObject({ status: 400 })
  })
})

describe('everything else', () => {
  it('is alive and ready, and shows how each part is', async () => {
    expect(await (await fetch(`${app.url}/live`)).json()).toEqual({ status: 'ok' })
    app.belfry.pause('waitlist')
    const ready = await fetch(`${app.url}/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toMatchObject({
      status: 'degraded',
      parts: {
        store: { status: 'ok' },
        'topic waitlist': { status: 'degraded', why: 'paused' },
        'topic booking': { status: 'ok' },
      },
    })
    app.belfry.resume('waitlist')
    expect(await (await fetch(`${app.url}/ready`)).json()).toMatchObject({ status: 'ok' })
  })

  it('shows every route with its schemas and problems', async () => {
    const { openapi, paths } = (await (await fetch(`${app.url}/docs/json`)).json()) as {
      openapi: string
      paths: Record<string, Record<string, { responses: object; parameters?: unknown }>>
    }
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths).sort()).toEqual([
      '/dev/token',
      '/live',
      '/metrics',
      '/ready',
      '/v1/events',
      '/v1/notifications',
      '/v1/notifications/read',
      '/v1/notifications/{seq}',
      '/v1/ops/dead-letters',
      '/v1/ops/dead-letters/{id}',
      '/v1/ops/dead-letters/{id}/retry',
      '/v1/ops/people/{person}',
      '/v1/ops/people/{person}/notifications/{seq}',
      '/v1/ops/plugins',
      '/v1/ops/positions',
      '/v1/ops/topics/{topic}/partitions/{partition}/position',
      '/v1/ops/topics/{topic}/pause',
      '/v1/ops/topics/{topic}/resume',
      '/v1/stream',
    ])
    expect(Object.keys(paths['/v1/events']?.post?.responses ?? {})).toEqual([
      '202',
      '400',
      '401',
      '403',
      '413',
      '415',
      '429',
      '503',
    ])
    // What is filled in where it is missing need not be sent.
    expect(paths['/v1/notifications']?.get?.parameters).toMatchObject([
      { name: 'limit', required: false },
      { name: 'before', required: false },
      { name: 'filter', required: false },
      { name: 'category', required: false },
    ])
    expect((await fetch(`${app.url}/docs/`)).headers.get('content-type')).toMatch(/^text\/html/)
  })

  it('is a problem too where no route is reached', async () => {
    const response = await fetch(`${app.url}/%ff`)
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
    expect(((await response.json()) as Answer).code).toBe('REQUEST_INVALID')
  })

  it('is a 404 that names it', async () => {
    const response = await fetch(`${app.url}/v2/what?token=secret`)
    expect([response.status, ((await response.json()) as Answer).detail]).toEqual([
      404,
      'there is no route GET /v2/what',
    ])
    const file = await fetch(`${app.url}/docs/static//none`)
    expect([file.status, ((await file.json()) as Answer).detail]).toEqual([
      404,
      'there is no route GET /docs/static//none',
    ])
  })

  it('is in no log line at info, and never with a secret', async () => {
    await app.send(event('logged'))
    await told('logged', 1)
    const lines = app.lines.map((line) => JSON.parse(line))
    expect(lines.filter(({ level }) => level === 30).map(({ msg }) => msg)).toEqual(['started'])
    const secret = (await import('node:fs/promises')).readFile(`${folder.path}/token-secret`, 'utf8')
    expect(app.lines.join('')).not.toContain((await secret).trim())
  })
})
