import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bookingPlugin } from '@belfry/plugin-booking'
import { findNginx, isMissing, startNginx } from '@belfry/test-services'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { checkBelfry } from '../../../src/check-belfry.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { accessKeyOf, devToken } from '../../dev-token.ts'
import { begunFolder, openSocket, startBelfry } from '../../start-belfry.ts'

const SECRET = 'a secret that only these tests know'

/** Asks for a token with every right; answers the status, and what came. */
async function ask(url: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"sub":"u1","scope":"events:write ops"}',
  })
  const { token, code }: { token?: string; code?: string } = JSON.parse(await response.text())
  return { status: response.status, token, code, headers: response.headers }
}

describe('POST /dev/token', () => {
  it('answers only with the key that the folder keeps, whatever the Host and the Origin are', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const key = await accessKeyOf(folder.path)
    const { host } = new URL(app.url)
    for (const headers of [
      {},
      { origin: app.url },
      { authorization: 'Bearer' },
      { authorization: `Basic ${btoa(`u1:${key}`)}` },
      {
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': host,
        'x-real-ip': '127.0.0.1',
        forwarded: 'for=127.0.0.1',
      },
      { cookie: `key=${key}` },
    ])
      expect(await ask(app.url, headers)).toMatchObject({ status: 401, token: undefined, code: 'KEY_INVALID' })
    for (const wrong of [`${key}x`, key.slice(0, -1), key.toUpperCase(), 'null', `${key},${key}`])
      expect(await ask(app.url, { authorization: `Bearer ${wrong}` })).toMatchObject({ status: 401, token: undefined })
    // A token is not the key, and the key is not a token.
    const authorization = `Bearer ${await devToken(app.url, folder.path, { sub: 'u1', scope: 'ops' })}`
    expect((await ask(app.url, { authorization })).status).toBe(401)
    const inbox = await fetch(`${app.url}/v1/notifications`, { headers: { authorization: `Bearer ${key}` } })
    expect(inbox.status).toBe(401)

    const { status, token, headers } = await ask(app.url, {
      authorization: `Bearer ${key}`,
      origin: 'https://a.example',
    })
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(decodeJwt(token ?? '')).toMatchObject({ sub: 'u1', scope: 'events:write ops' })
  })

  it('is not there where auth is configured', async () => {
    await using folder = await begunFolder()
    const env = { NOTIFICATION_SERVICE__AUTH__SECRET: SECRET }
    await using app = await startBelfry({ folder: folder.path, env })
    expect(await ask(app.url, { authorization: `Bearer ${SECRET}` })).toMatchObject({ status: 404, token: undefined })
    expect(await readdir(folder.path)).not.toContain('access-key')
  })

  it('limits wrong keys of an address as it does tokens that are not valid, and takes the right one all the same', async () => {
    await using folder = await begunFolder()
    const env = { NOTIFICATION_SERVICE__LIMITS__FAILED_TOKENS_PER_MINUTE: '3' }
    await using app = await startBelfry({ folder: folder.path, env })
    // The address that a client claims to have does not count.
    const guess = (number: number) =>
      ask(app.url, { authorization: `Bearer guess${number}`, 'x-forwarded-for': `10.0.0.${number}` })
    const statuses: number[] = []
    for (let number = 0; number < 5; number++) statuses.push((await guess(number)).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    expect(Number((await guess(9)).headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask(app.url, { authorization: `Bearer ${await accessKeyOf(folder.path)}` })).status).toBe(200)
  })

  it.skipIf(isMissing(findNginx()))(
    'gives no client behind a stock nginx a token without the key (needs nginx)',
    async () => {
      await using folder = await begunFolder()
      await using app = await startBelfry({ folder: folder.path })
      await using nginx = await startNginx(app.url)
      expect(await ask(nginx.url)).toMatchObject({ status: 401, token: undefined })
      expect(await ask(nginx.url, { host: 'belfry.example' })).toMatchObject({ status: 401, token: undefined })
      // Host is what nginx makes of it, and so a page of this name would count as ours.
      expect(await ask(nginx.url, { origin: app.url })).toMatchObject({ status: 401, token: undefined })
      const token = await devToken(nginx.url, folder.path, { sub: 'u1' })
      expect(decodeJwt(token).sub).toBe('u1')
    },
  )
})

describe('a page of another site', () => {
  it.skipIf(isMissing(findNginx()))(
    'connects to no stream through a stock nginx, and what passes for ours has nothing without a token (needs nginx)',
    async () => {
      await using folder = await begunFolder()
      await using app = await startBelfry({ folder: folder.path })
      await using nginx = await startNginx(app.url)
      const token = await app.token('u1')
      const stream = async (headers: Record<string, string>) => {
        const stop = new AbortController()
        const answer = await fetch(`${nginx.url}/v1/stream`, {
          headers: { accept: 'text/event-stream', ...headers },
          signal: stop.signal,
        })
        stop.abort()
        return answer.status
      }
      const authorization = `Bearer ${token}`
      const evil = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
      expect(await stream({ authorization, ...evil })).toBe(403)
      // The name that nginx serves is not the Host that it sends: it is for allowed_origins to name.
      expect(await stream({ authorization, origin: nginx.url })).toBe(403)
      // A page on this machine has the name that nginx sends as the Host, as one has whose name was bent to this machine.
      expect(await stream({ origin: app.url })).toBe(401)
      expect(await stream({ authorization, origin: app.url })).toBe(200)
    },
  )

  it('whose name was bent to this machine gets no token, and a socket of it is closed', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path })
    const host = `evil.example:${new URL(app.url).port}`
    const { closed } = openSocket(app.url, undefined, '', { host, origin: `http://${host}` })
    expect(await closed).toBe(4001)
  })
})

describe('what the folder keeps', () => {
  const names = ['access-key', 'token-secret']
  const modesOf = (folder: string) =>
    Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777))

  it('is drawn at the first start, for its user alone, and outlives a restart', async () => {
    await using outer = await begunFolder('begun')
    // As a first start makes it.
    const folder = join(outer.path, 'made/.belfry')
    const before = process.umask(0o000)
    const first = await startBelfry({ folder })
    process.umask(before)
    const kept = async () => Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    const drawn = await kept()
    expect([...(await modesOf(folder)), (await stat(folder)).mode & 0o777]).toEqual([0o600, 0o600, 0o700])
    expect(new Set(drawn).size).toBe(2)
    await first.belfry.close()
    await using _second = await startBelfry({ folder })
    expect(await kept()).toEqual(drawn)
    expect((await readdir(folder)).filter((name) => name.endsWith('.draft'))).toEqual([])
  })

  it('is closed to other users where they could read it, and the log has a warning', async () => {
    await using folder = await begunFolder()
    const first = await startBelfry({ folder: folder.path })
    await first.belfry.close()
    for (const name of names) await chmod(join(folder.path, name), 0o644)
    await using app = await startBelfry({ folder: folder.path })
    expect(await modesOf(folder.path)).toEqual([0o600, 0o600])
    const warned = app.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)
    for (const name of names)
      expect(warned).toContainEqual(expect.objectContaining({ msg: expect.stringContaining(`${name} could be read`) }))
    expect(app.lines.join('')).not.toContain(await accessKeyOf(folder.path))
  })

  it('is logged as open to others where the folder is, and the folder is left as it is', async () => {
    await using outer = await begunFolder('.belfry')
    const folder = join(outer.path, '.belfry')
    for (const [mode, may] of [
      [0o755, 'read'],
      [0o777, 'change'],
    ] as const) {
      await chmod(folder, mode)
      await using app = await startBelfry({ folder })
      const sentence = `other users of this machine may ${may} what ${folder} keeps, inboxes and secrets: chmod 700 ${folder}`
      expect(app.lines.map((line) => JSON.parse(line))).toContainEqual(
        expect.objectContaining({ level: 40, msg: sentence }),
      )
      expect((await stat(folder)).mode & 0o777).toBe(mode)
    }
  })

  it.each<[what: string, spoil: (file: string) => Promise<unknown>, why: RegExp]>([
    ['a symbolic link', (file) => symlink('/etc/hostname', file), /symbolic link/],
    ['a symbolic link to nothing', (file) => symlink(`${file}.nowhere`, file), /symbolic link/],
    ['a folder', (file) => mkdir(file), /not a file/],
    ['empty', (file) => writeFile(file, '', { mode: 0o600 }), /too short/],
    ['of one character', (file) => writeFile(file, 'x'.repeat(64), { mode: 0o600 }), /guessed/],
    ['far too long', (file) => writeFile(file, SECRET.repeat(1_000), { mode: 0o600 }), /not a file with a secret/],
  ])('is refused where it is %s, and left as it is', async (what, spoil, why) => {
    await using folder = await begunFolder()
    const file = join(folder.path, what.length % 2 === 0 ? 'access-key' : 'token-secret')
    await spoil(file)
    const before = await lstat(file)
    const env = { BELFRY_CONFIG: '/dev/null', NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder.path }
    const config = await loadConfig(['node', 'belfry'], { ...env, NOTIFICATION_SERVICE__HTTP__PORT: '0' })
    const problem = { code: 'SECRET_UNUSABLE', sentence: expect.stringMatching(why) }
    await expect(checkBelfry({ config, plugins: [bookingPlugin] })).rejects.toMatchObject(problem)
    await expect(startBelfry({ folder: folder.path })).rejects.toMatchObject(problem)
    const { mode, size, ino } = await lstat(file)
    expect({ mode, size, ino }).toEqual({ mode: before.mode, size: before.size, ino: before.ino })
  })
})
