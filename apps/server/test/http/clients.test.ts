import { bookingCreated } from '@belfry/contracts/booking'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, openEvents, openSocket, startBelfry } from '../start-belfry.ts'

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
let epoch: string
beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
  await app.send(...Array.from({ length: 3 }, (_, index) => event(index)))
  await vi.waitUntil(async () => (await app.call('u1', '/v1/notifications')).body.head === 3)
  epoch = (await app.call('u1', '/v1/notifications')).body.epoch
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const event = (index: number) =>
  bookingCreated.create({
    source: '/test',
    id: `c${index}`,
    data: {
      bookingId: `b${index}`,
      userId: 'u1',
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

/** The first frame of an event stream that begins so: its kind, and the numbers of what it brings. */
async function firstEvent(query: string, headers: Record<string, string> = {}) {
  const stream = await openEvents(app.url, await app.token('u1'), query, headers)
  if (stream.status !== 200) return [stream.status]
  await expect.poll(() => stream.frames.length).toBe(1)
  stream.stop()
  return [stream.frames[0]?.type, stream.frames[0]?.items?.map(({ seq }) => seq)]
}
const from = (head: number) => encodeURIComponent(`${epoch}/${head}`)

describe('a stream', () => {
  it.each([
    ['lastEventId', 'Yaffle’s polyfill'],
    ['lastEventID', 'Mercure’s spelling'],
    ['Last-Event-ID', 'the name of the header'],
    ['last_event_id', 'with underscores'],
    ['evs_last_event_id', 'the polyfill of amvtek'],
  ])('is resumed by the parameter %s, %s', async (name) => {
    expect(await firstEvent(`?${name}=${from(1)}`)).toEqual(['changes', [2, 3]])
    expect(await firstEvent(`?${name}=`)).toEqual(['changes', []])
    expect(await firstEvent(`?${name}=3`)).toEqual(['reset', undefined])
    const socket = openSocket(app.url, await app.token('u1'), `?after=0&${name}=${from(2)}`)
    await expect.poll(() => socket.items().map(({ seq }) => seq)).toEqual([3])
    socket.socket.close()
  })

  it('begins after the newest id: the header, then the last parameter, then after', async () => {
    expect(await firstEvent(`?after=0&lastEventId=${from(1)}&evs_preamble=2056&evs_buffer_size_limit=262144`)).toEqual([
      'changes',
      [2, 3],
    ])
    expect(await firstEvent(`?lastEventId=${from(0)}&after=0&lastEventId=${from(2)}`)).toEqual(['changes', [3]])
    expect(await firstEvent(`?lastEventId=${from(0)}`, { 'last-event-id': `${epoch}/2` })).toEqual(['changes', [3]])
    expect(await firstEvent(`?lastEventId=${from(1)}`, { 'last-event-id': '' })).toEqual(['changes', [2, 3]])
    expect(await firstEvent(`?after=1&epoch=${epoch}&lastEventId=`)).toEqual(['changes', [2, 3]])
    expect(await firstEvent('?after=1&epoch=another&lastEventId=')).toEqual(['reset', undefined])
  })

  it.each(['?epoch=', '?after=&epoch=', '?after=null&epoch=', '?after=3&epoch='])(
    'begins at %s as without the parameters that are empty',
    async (query) => {
      expect(await firstEvent(query)).toEqual(['changes', []])
      const socket = openSocket(app.url, await app.token('u1'), query)
      await expect.poll(() => socket.frames.map(({ type }) => type)).toEqual(['changes'])
      socket.socket.close()
    },
  )

  it.each([
    'Text/Event-Stream',
    'text/event-stream; charset=utf-8',
    'application/json;q=0.9, TEXT/EVENT-STREAM ; q=0.1',
    'text/*',
    '*/*;q=0.1',
    'application/json, */*',
    '',
  ])('accepts Accept: %s', async (accept) => {
    expect(await firstEvent('', { accept })).toEqual(['changes', []])
  })

  it.each(['application/json', 'text/event-stream;q=0, */*', 'text/event-streams', '*/*;q=0.000'])(
    'answers 406 to Accept: %s',
    async (accept) => {
      expect(await firstEvent('', { accept })).toEqual([406])
    },
  )

  it.each([
    ['Firefox', 'HTTP/1.1', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket', 101],
    ['a proxy that writes in another case', 'HTTP/1.1', 'connection: UPGRADE', 'upgrade: WebSocket', 101],
  ])('becomes a socket as %s opens one, without an origin', async (_name, version, connection, upgrade, status) => {
    const head = [
      `GET /v1/stream ${version}`,
      'Host: x',
      connection,
      upgrade,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      // A bad token: the socket is opened, and then closed by the server.
      'Sec-WebSocket-Protocol: belfry.v1,Bearer.bad',
    ]
    expect(await sendRaw(app.url, [...head, '', ''].join('\r\n'))).toContain(`HTTP/1.1 ${status}`)
  })

  it('takes the token of a subprotocol whose prefix is in another case', async () => {
    const { default: WebSocket } = await import('ws')
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/v1/stream`, [
      'belfry.v1',
      `Bearer.${await app.token('u1')}`,
    ])
    const text = await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    expect(text).toContain('"type":"changes"')
    socket.close()
  })
})

describe('a request', () => {
  it.each(['bearer', 'BEARER', 'Bearer  ', ' \tBearer \t'])('has its token after %j', async (scheme) => {
    const authorization = `Authorization: ${scheme} ${await app.token('u1')} `
    const answer = await sendRaw(app.url, `GET /v1/notifications HTTP/1.0\r\n${authorization}\r\n\r\n`)
    expect(answer).toContain('HTTP/1.1 200')
  })

  it('has no value for a parameter that is empty, or is null where it is a number or a choice', async () => {
    const list = async (query: string) => {
      const { status, body } = await app.call('u1', `/v1/notifications${query}`)
      return status === 200 ? body.items.map(({ seq }: { seq: number }) => seq) : [status, body.errors]
    }
    expect(await list('?limit=&before=&filter=&category=')).toEqual([3, 2, 1])
    expect(await list('?limit=null&before=null&filter=null')).toEqual([3, 2, 1])
    expect(await list('?category=null')).toEqual([])
    expect(await list('?lmit=')).toEqual([400, [expect.objectContaining({ path: '/lmit' })]])
    const ops = { headers: { authorization: `Bearer ${await app.token('o', 'ops')}` } }
    expect((await app.call('o', '/v1/ops/dead-letters?limit=&before=&plugin=&code=', ops)).status).toBe(200)
  })

  it('has no value for a key of a body that is null', async () => {
    const patch = async (json: unknown) => {
      const { status, body } = await app.call('u1', '/v1/notifications/1', { method: 'PATCH', json })
      return [status, body.read, body.archived, body.errors?.map(({ path }: { path: string }) => path)]
    }
    expect(await patch({ read: true, archived: null })).toEqual([200, true, false, undefined])
    expect(await patch({ read: null, archived: null })).toEqual(await patch({}))
    expect(await patch({ read: null })).toEqual([200, true, false, undefined])
    expect(await patch({ raed: null })).toEqual([400, undefined, undefined, ['/raed']])
    const through = async (json: unknown) =>
      (await app.call('u1', '/v1/notifications/read', { method: 'POST', json })).body
    const missing = await through({})
    expect(missing).toMatchObject({ status: 400, errors: [{ path: '/through' }] })
    expect(await through({ through: null })).toEqual(missing)
    const ops = { headers: { authorization: `Bearer ${await app.token('o', 'ops')}` } }
    for (const json of [{ force: null }, null, {}])
      expect((await app.call('o', '/v1/ops/dead-letters/9/retry', { method: 'POST', json, ...ops })).body.code).toBe(
        'NOT_FOUND',
      )
    const key = { headers: { authorization: `Bearer ${app.belfry.devTokens?.key}` } }
    expect(
      (await app.call('o', '/dev/token', { method: 'POST', json: { sub: 'u1', scope: null }, ...key })).status,
    ).toBe(200)
    expect(
      (
        await app.call('o', '/v1/ops/topics/booking/partitions/0/position', {
          method: 'PUT',
          json: { position: null },
          headers: { ...ops.headers, 'content-type': 'application/json' },
        })
      ).body,
    ).toMatchObject({ status: 400, errors: [{ path: '/position' }] })
  })

  it.each([
    'Application/JSON; Charset=UTF-8',
    'APPLICATION/JSON',
    'application/json;charset="utf-8"',
    'application/json;',
    'application/merge-patch+json',
    'Text/JSON',
  ])('has a body of %s', async (type) => {
    const init = { method: 'PATCH', body: '{"read":true}', headers: { 'content-type': type } }
    expect((await app.call('u1', '/v1/notifications/2', init)).body).toMatchObject({ seq: 2, read: true })
  })
})

it('an address may end with a slash', async () => {
  const ops = { headers: { authorization: `Bearer ${await app.token('o', 'ops')}` } }
  for (const path of ['/v1/notifications/', '/v1/notifications/1/', '/v1/notifications/?limit=1', '/live/', '/ready/'])
    expect([path, (await app.call('u1', path)).status]).toEqual([path, 200])
  expect((await app.call('o', '/v1/ops/dead-letters/', ops)).body).toEqual({ items: [] })
  const token = await app.token('u1')
  const { default: WebSocket } = await import('ws')
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/v1/stream/?after=0`, ['belfry.v1', `bearer.${token}`])
  const text = await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
  expect(text).toContain('"type":"changes"')
  socket.close()
})

it('a request without a body may name the type of one', async () => {
  const headers = { authorization: `Bearer ${await app.token('o', 'ops')}`, 'content-type': 'application/json' }
  const call = (method: string, path: string) => app.call('o', path, { method, headers })
  expect((await call('DELETE', '/v1/ops/people/unknown')).body).toEqual({ person: 'unknown', known: false })
  expect((await call('POST', '/v1/ops/topics/booking/resume')).status).toBe(200)
  expect((await call('POST', '/v1/ops/dead-letters/9/retry')).body.code).toBe('NOT_FOUND')
  expect((await call('POST', '/v1/notifications/read')).body.code).toBe('REQUEST_INVALID')
})

it('a frame of a client may have keys that are null, and needs those that are required', async () => {
  const socket = openSocket(app.url, await app.token('u1'))
  await expect.poll(() => socket.frames.length).toBe(1)
  const token = await app.token('u1')
  for (const frame of [
    { type: 'pong', head: null },
    { type: 'seen', head: 3, token: null },
    { type: 'auth', token, head: null },
  ])
    socket.socket.send(JSON.stringify(frame))
  await app.call('u1', '/v1/notifications/3', { method: 'PATCH', json: { archived: true } })
  await expect.poll(() => socket.frames.length).toBe(2)
  socket.socket.send('{"type":"seen","head":null}')
  expect(await socket.closed).toBe(4002)
})
