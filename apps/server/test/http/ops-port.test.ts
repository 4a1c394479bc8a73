import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { checkListen } from '../../src/http/listen.ts'
import { welcome } from '../../src/welcome.ts'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

const withOpsPort = { NOTIFICATION_SERVICE__HTTP__OPS_PORT: '0' }
const forOperators = [
  ...['/ready', '/metrics', '/docs', '/docs/', '/docs/json', '/docs/yaml', '/docs/static/swagger-ui.css'],
  ...['/v1/ops/plugins', '/v1/ops/positions', '/v1/ops/dead-letters', '/v1/ops/dead-letters/1'],
]
const forPeople = ['/v1/notifications', '/v1/notifications/1', '/v1/stream']

describe('with a port for operators', () => {
  it('they and probes are served there and no longer on the public one, however an address is written', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path, env: withOpsPort })
    const { address, opsAddress = '' } = app.belfry
    const token = await app.token('op', 'ops events:write')
    const ask = async (url: string, path: string, method = 'GET') => {
      const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
      const text = await response.text()
      return [response.status, /there is no route/.test(text) ? 'no route' : undefined]
    }
    const unknown = [404, 'no route']
    for (const path of [
      ...forOperators,
      '/%72eady',
      '/ready/',
      '/ready?x=1',
      '/docs/static/%2e%2e/index.html',
      '/v1/ops/none',
    ])
      expect([path, ...(await ask(address, path))]).toEqual([path, ...unknown])
    for (const path of forOperators) expect([path, ...(await ask(opsAddress, path))]).not.toEqual([path, ...unknown])
    for (const path of [...forPeople, '/dev/token', '/v1/ops/none'])
      expect([path, ...(await ask(opsAddress, path))]).toEqual([path, ...unknown])
    expect(await ask(opsAddress, '/v1/events', 'POST')).toEqual(unknown)
    expect(await ask(address, '/v1/ops/topics/booking/pause', 'POST')).toEqual(unknown)
    expect(await ask(opsAddress, '/v1/ops/topics/booking/pause', 'POST')).toEqual([200, undefined])
    expect((await fetch(`${address}/ready`, { method: 'HEAD' })).status).toBe(404)
    for (const url of [address, opsAddress]) expect(await ask(url, '/live')).toEqual([200, undefined])
    // It describes every route, and knows no sockets.
    const { paths } = (await (await fetch(`${opsAddress}/docs/json`)).json()) as { paths: object }
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/notifications', '/v1/ops/positions', '/ready']))
    expect(await openSocket(opsAddress, token).closed).toBe(1006)
    const lines = app.lines.map((line): unknown => JSON.parse(line))
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'started', address, opsAddress }))
    expect(await welcome(app.belfry, false)).toContain(`Belfry is ready at ${address}. Its routes: ${opsAddress}/docs`)
  })

  it('headers, origins, bodies and what is not HTTP are the same there', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({
      folder: folder.path,
      env: { ...withOpsPort, NOTIFICATION_SERVICE__HTTP__ALLOWED_ORIGINS: 'https://app.example.com' },
    })
    const { opsAddress = '' } = app.belfry
    const answer = await fetch(`${opsAddress}/live`, { headers: { origin: 'https://app.example.com' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await sendRaw(opsAddress, 'EHLO belfry\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*REQUEST_INVALID/)
    const large = `GET /live HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`
    expect(await sendRaw(opsAddress, large)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await sendRaw(opsAddress, 'GET /live HTTP/1.1\r\nconnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    const expecting = 'GET /live HTTP/1.1\r\nhost: x\r\nexpect: x\r\nconnection: close\r\n\r\n'
    expect(await sendRaw(opsAddress, expecting)).toMatch(/^HTTP\/1\.1 200 /)
    const body = JSON.stringify({ position: 0, more: 'x'.repeat(1_100_000) })
    const headers = { authorization: `Bearer ${await app.token('op', 'ops')}`, 'content-type': 'application/json' }
    const place = `${opsAddress}/v1/ops/topics/booking/partitions/0/position`
    expect((await fetch(place, { method: 'PUT', headers, body })).status).toBe(413)
  })

  it('one stop ends both, and /live is answered there while sockets are sent away', async () => {
    await using folder = await begunFolder()
    const app = await startBelfry({ folder: folder.path, env: withOpsPort, drainMs: 2_000 })
    const { opsAddress = '' } = app.belfry
    const token = await app.token('u1')
    const sockets = Array.from({ length: 5 }, () => openSocket(app.url, token))
    await Promise.all(sockets.map(({ frames }) => expect.poll(() => frames.length).toBe(1)))
    const closing = app.belfry.close()
    expect((await fetch(`${opsAddress}/live`)).status).toBe(200)
    expect((await fetch(`${opsAddress}/ready`)).status).toBe(503)
    await closing
    for (const url of [app.url, opsAddress]) await expect(fetch(`${url}/live`)).rejects.toThrow()
  })

  it('that is in use, or is not its own, is reported before the start', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path, env: withOpsPort })
    const port = new URL(app.belfry.opsAddress ?? '').port
    const load = (env: Record<string, string>) =>
      loadConfig(['node', 'belfry'], {
        BELFRY_CONFIG: '/dev/null',
        NOTIFICATION_SERVICE__HTTP__PORT: '0',
        ...Object.fromEntries(Object.entries(env).map(([key, value]) => [`NOTIFICATION_SERVICE__HTTP__${key}`, value])),
      })
    const { http } = await load({ OPS_PORT: port })
    await expect(checkListen(http)).rejects.toThrow(
      `HTTP_PORT_UNUSABLE: 127.0.0.1:${port} cannot be listened on: it is in use`,
    )
    await expect(checkListen({ ...http, port: Number(port) })).rejects.toThrow(/in use[\s\S]*in use/)
    await expect(checkListen({ ...http, ops_port: 0 })).resolves.toBeUndefined()
    await expect(load({ PORT: '8081', OPS_PORT: '8081' })).rejects.toThrow(
      'notification_service.http.ops_port is 8081, expected another port than http.port',
    )
    await expect(load({ OPS_HOST: '127.0.0.2' })).rejects.toThrow('ops_host has no effect without http.ops_port')
    await expect(load({ OPS_PORT: '0', OPS_HOST: '0.0.0.0' })).rejects.toThrow(
      'auth is missing: without it only this machine may connect, but http.ops_host is "0.0.0.0"',
    )
  })
})

it('without one, everything is served on the public port', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path })
  expect(app.belfry.opsAddress).toBeUndefined()
  const headers = { authorization: `Bearer ${await app.token('op', 'ops')}` }
  for (const path of ['/ready', '/metrics', '/docs/json', '/v1/ops/positions', '/v1/notifications'])
    expect([path, (await fetch(`${app.url}${path}`, { headers })).status]).toEqual([path, 200])
})
