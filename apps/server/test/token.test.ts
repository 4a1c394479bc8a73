import { spawn } from 'node:child_process'
import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BelfryError } from '@belfry/contracts/errors'
import { decodeJwt, jwtVerify } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { optionsOf } from '../src/config/command-line.ts'
import { begunFolder, startBelfry, temporaryFolder } from './start-belfry.ts'
import { programEnv, startProgram as start } from './start-program.ts'

const SECRETS = ['the newest secret, which signs from now on', 'the secret before, which is still accepted'] as const

/** Calls a route with this token; answers the status. */
const call = async (url: string, token: string, path = '/v1/notifications') =>
  (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token.trim()}` } })).status

const verifies = (token: string, secret: string) =>
  jwtVerify(token.trim(), new TextEncoder().encode(secret)).then(
    () => true,
    () => false,
  )

describe('belfry token', () => {
  it('prints a token and nothing else, while Belfry runs on the same folder', async () => {
    await using folder = await begunFolder('.belfry')
    const belfry = start(folder.path)
    const url = await belfry.ready()
    const { code, out, err } = await start(folder.path, [
      ...['token', 'u1', '--scope', 'events:write ops', '--expires', '15m'],
    ]).ended
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { iat = 0, exp = 0, ...claims } = decodeJwt(out)
    expect([claims, exp - iat]).toEqual([{ sub: 'u1', scope: 'events:write ops' }, 900])
    expect(await call(url, out)).toBe(200)
    expect(await call(url, out, '/v1/ops/positions')).toBe(200)

    const own = decodeJwt((await start(folder.path, ['token', 'u2']).ended).out)
    expect([own.sub, own.scope, (own.exp ?? 0) - (own.iat ?? 0)]).toEqual(['u2', undefined, 3_600])
  })

  it('signs with the newest configured secret, with the issuer, audience and claims that are configured', async () => {
    await using folder = await begunFolder()
    const file = join(folder.path, 'my.toml')
    await writeFile(
      file,
      `[notification_service.auth]
secrets = ${JSON.stringify(SECRETS)}
issuer = "https://login.example.com"
audience = "belfry"
person_claim = "employee"
scope_claim = "https://example.com/rights"
`,
    )
    const env = { BELFRY_CONFIG: file }
    await using app = await startBelfry({ folder: folder.path, env })
    const args = ['token', '--expires=7d', '--scope', 'ops', '--config', file, 'Zoë 9']
    const { code, out } = await start(folder.path, args).ended
    expect(code).toBe(0)
    const { iat: _, exp: __, ...claims } = decodeJwt(out)
    expect(claims).toEqual({
      iss: 'https://login.example.com',
      aud: 'belfry',
      employee: 'Zoë 9',
      'https://example.com/rights': 'ops',
    })
    expect(await call(app.url, out, '/v1/ops/positions')).toBe(200)
    // The newest signs, so that the one before can be taken out.
    expect(await verifies(out, SECRETS[0])).toBe(true)
    expect(await verifies(out, SECRETS[1])).toBe(false)
  })

  it('says who signs where Belfry has only public keys', async () => {
    await using folder = await temporaryFolder()
    for (const [key, value] of [
      ['public_key_file', 'key.pem'],
      ['jwks_url', 'https://login.example.com/jwks'],
    ] as const)
      expect(
        await start(folder.path, ['token', 'u1'], { [`NOTIFICATION_SERVICE__AUTH__${key.toUpperCase()}`]: value })
          .ended,
      ).toEqual({
        code: 2,
        out: '',
        err: `no token can be signed here: auth.${key} only verifies tokens, which the identity provider signs with its private key\n`,
      })
  })

  it('in a folder in which Belfry has not been started says so, and makes nothing', async () => {
    await using folder = await temporaryFolder()
    expect(await start(folder.path, ['token', 'u1']).ended).toEqual({
      code: 2,
      out: '',
      err: 'there is no secret in .belfry yet: start Belfry once, or name its configuration with --config\n',
    })
    expect(await readdir(folder.path)).toEqual([])
  })

  it('closes a secret that others could read, and says so beside the token', async () => {
    await using folder = await begunFolder('.belfry')
    const belfry = start(folder.path)
    const url = await belfry.ready()
    const secret = join(folder.path, '.belfry/token-secret')
    await chmod(secret, 0o640)
    const { out, err } = await start(folder.path, ['token', 'u1']).ended
    expect(err).toMatch(/^\.belfry\/token-secret could be read by other users of this machine, and now cannot\..*\n$/)
    expect((await stat(secret)).mode & 0o777).toBe(0o600)
    expect(await call(url, out)).toBe(200)
  })

  it('refuses what cannot be, all at once, and says what was meant', async () => {
    await using folder = await temporaryFolder()
    expect(await start(folder.path, ['tokne', 'u1', '--restroed']).ended).toEqual({
      code: 2,
      out: '',
      err: '--restroed is not an option, did you mean --restored?\ntokne is not a command, did you mean token?\n',
    })
    const problems = (...args: string[]) => {
      try {
        return optionsOf(['node', 'belfry', ...args])
      } catch (error) {
        return error instanceof BelfryError ? error.sentence.split('\n') : error
      }
    }
    const duration = (is: string) =>
      `--expires is "${is}", expected a duration from 1s to 365d, such as 30s, 15m, 1h or 7d`
    expect(problems('serve')).toEqual(['serve is not a command: there are start, check, token'])
    expect(problems('token', '--expires', '2y', '--scpoe')).toEqual([
      ...['--scpoe is not an option, did you mean --scope?', 'token names no person: belfry token u1', duration('2y')],
    ])
    expect(problems('token', '', '--expires', '366d', '--scope', 'a\nb')).toEqual([
      '"" is not the id of a person, expected an id of 1 to 128 printable characters, not only dots',
      '--scope is not as expected: at most 256 printable characters, separated by spaces',
      duration('366d'),
    ])
    expect(problems('token', '..')).toEqual([
      '".." is not the id of a person, expected an id of 1 to 128 printable characters, not only dots',
    ])
    for (const never of ['0s', '0.5s', '1', '-1h', `${'9'.repeat(400)}d`, '1w', '1e3s', '365.1d', ''])
      expect(problems('token', 'u1', `--expires=${never}`)).toEqual([duration(never)])
    expect(problems('token', 'u1', 'u2', '--check', '--restored')).toEqual([
      ...['--check is not an option of token', '--restored is not an option of token', 'u2 is one word too many'],
    ])
    expect(problems('start', '--scope', 'ops')).toEqual(['--scope is not an option of start'])
    expect(problems('check', '--restored', 'now')).toEqual([
      ...['--restored is not an option of check', 'now is one word too many'],
    ])
    expect(problems('token', 'u1', '--scope', '--expires')).toEqual(['--scope has no value'])
    expect(problems('token', 'u1', '--scope', 'ops', '--scope=events:write')).toEqual([
      '--scope is given more than once',
    ])
    expect(problems('--check=false')).toEqual(['--check takes no value'])
    expect(problems('--', 'token', '--', '-u-')).toEqual(['-u- is one word too many'])
    expect(problems('token', '--', '-u-')).toMatchObject({ command: 'token', token: { person: '-u-', seconds: 3_600 } })
    expect(problems('token', '--help')).toMatchObject({ help: true })
  })
})

describe('belfry check', () => {
  it('is what --check is', async () => {
    await using folder = await temporaryFolder()
    const expected = { code: 0, err: '', out: 'configuration, plugins, address and folder are in order\n' }
    expect(await start(folder.path, ['check']).ended).toEqual(expected)
    expect(await start(folder.path, ['start', '--check']).ended).toEqual(expected)
    expect(await readdir(folder.path)).toEqual([])
  })
})

describe('what a start prints', () => {
  it.skipIf(process.platform !== 'linux')('has a token where it is printed on a terminal', async () => {
    await using folder = await begunFolder('.belfry')
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    // A terminal of its own, which `script` makes.
    const child = spawn('script', ['-qfec', `'${process.execPath}' '${main}'`, '/dev/null'], {
      cwd: folder.path,
      env: { ...programEnv, NOTIFICATION_SERVICE__HTTP__PORT: '0' },
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    onTestFinished(() => void child.kill('SIGTERM'))
    let out = ''
    child.stdout.on('data', (data) => (out += data))
    await expect.poll(() => out, { timeout: 60_000 }).toContain('Read the inbox of u1')
    const url = /Belfry is ready at (\S+)\. /.exec(out)?.[1] ?? ''
    const token = /export TOKEN=(\S+)/.exec(out)?.[1] ?? ''
    expect(decodeJwt(token)).toMatchObject({ sub: 'u1', scope: 'events:write ops' })
    expect(await call(url, token)).toBe(200)
    child.kill('SIGTERM')
    await ended
  })

  it('names belfry token anywhere else, and neither a token nor a key', async () => {
    await using folder = await begunFolder('.belfry')
    const belfry = start(folder.path)
    await belfry.ready()
    expect(belfry.output()).toContain('export TOKEN=$(belfry token u1 --scope "events:write ops")')
    expect(belfry.output()).not.toMatch(/eyJ|access-key/)
  })
})
