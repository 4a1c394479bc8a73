import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodeHttp } from '@belfry/contracts'
import { openPGlite } from '@belfry/postgres'
import { describe, expect, it } from 'vitest'
import { devToken } from './dev-token.ts'
import { booked } from './intake/on-threads.ts'
import { serveKeys } from './serve-keys.ts'
import { begunFolder, temporaryFolder } from './start-belfry.ts'
import { startProgram as start } from './start-program.ts'

/** A port that somebody else has. */
async function takenPort() {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  return {
    number: Number(Object(taken.address()).port),
    [Symbol.asyncDispose]: async () => {
      taken.close()
      await once(taken, 'close')
    },
  }
}

const json = async (answer: Response) => JSON.parse(await answer.text())

describe('the program', () => {
  it('prints help and version, and refuses unknown options, with what was meant', async () => {
    await using folder = await temporaryFolder()
    expect(await start(folder.path, ['--help']).ended).toMatchObject({
      code: 0,
      out: expect.stringContaining('--config FILE'),
    })
    expect((await start(folder.path, ['--version']).ended).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(await start(folder.path, ['--chekc', 'now']).ended).toEqual({
      code: 2,
      out: '',
      err: '--chekc is not an option, did you mean --check?\nnow is not a command: there are start, check, token\n',
    })
  })

  it('checks everything without starting anything', async () => {
    await using folder = await temporaryFolder()
    expect(await start(folder.path, ['--check']).ended).toMatchObject({
      code: 0,
      err: '',
      out: 'configuration, plugins, address and folder are in order\n',
    })
    // Nothing was made.
    expect(await readdir(folder.path)).toEqual([])
    const running = start(folder.path)
    await running.ready()
    expect(await start(folder.path, ['--check']).ended).toMatchObject({
      code: 2,
      err: '.belfry is in use by another process\n',
    })
    running.child.kill('SIGTERM')
    await running.ended
    const epochOf = async () => {
      const database = await openPGlite({ folder: join(folder.path, '.belfry') })
      await database.close()
      return database.epoch
    }
    const before = await epochOf()
    expect((await start(folder.path, ['--check', '--restored']).ended).code).toBe(0)
    expect(await epochOf()).toBe(before)
    await writeFile(join(folder.path, 'Config.toml'), '[notification_service]\nport = 1\n')
    expect(await start(folder.path, ['--check']).ended).toEqual({
      code: 2,
      out: '',
      err: 'notification_service.port is unknown\n',
    })
  })

  it('goes on when something fails that a handler has begun and has not caught', async () => {
    await using folder = await begunFolder('.belfry')
    const program = start(folder.path, [], {}, new URL('./troubled-program.ts', import.meta.url))
    const address = await program.ready()
    const token = await devToken(address, join(folder.path, '.belfry'), { sub: 'u1', scope: 'events:write' })
    const authorization = `Bearer ${token}`
    for (const event of [booked('e1', 'u1', 'throws later'), booked('e2', 'u1', 'does not wait'), booked('e3', 'u1')]) {
      const { headers, body: sent } = encodeHttp(event)
      const answer = await fetch(`${address}/v1/events`, {
        method: 'POST',
        body: sent,
        headers: { ...headers, authorization },
      })
      expect(answer.status).toBe(202)
    }
    const titles = async () => {
      const { items } = await json(await fetch(`${address}/v1/notifications`, { headers: { authorization } }))
      return items.map(({ title }: { title: string }) => title)
    }
    // One of the two plugins could not tell of the first.
    await expect.poll(async () => (await titles()).length).toBe(5)
    await expect.poll(() => program.output().match(/HANDLER_LEFT_ERROR/g)?.length).toBe(2)
    program.child.kill('SIGTERM')
    expect((await program.ended).code).toBe(0)
  })

  it('names all that is away or taken at once, a line each, before the start and at the start', async () => {
    await using folder = await temporaryFolder()
    await using port = await takenPort()
    await writeFile(
      join(folder.path, 'Config.toml'),
      `[notification_service.kafka]
bootstrap_servers = ["127.0.0.1:1"]
[notification_service.kafka.topic_names]
bokking = "prod.bookings"
[notification_service.postgres]
url = "postgres://me:pa55word@127.0.0.1:1/belfry"
[notification_service.auth]
jwks_url = "http://127.0.0.1:2/keys?tenant=s3cret"
`,
    )
    const env = { NOTIFICATION_SERVICE__HTTP__PORT: String(port.number) }
    const { code, out, err } = await start(folder.path, ['--check'], env).ended
    expect([code, out, err.trimEnd().split('\n')]).toEqual([
      2,
      '',
      [
        'notification_service.kafka.topic_names has bokking, which is not a topic of a composed plugin, did you mean booking?',
        `127.0.0.1:${port.number} cannot be listened on: it is in use`,
        'the keys at http://127.0.0.1:2/keys cannot be fetched: connect ECONNREFUSED 127.0.0.1:2',
        expect.stringMatching(/^Kafka at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/),
        'Postgres at 127.0.0.1:1/belfry cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
      ],
    ])
    await writeFile(
      join(folder.path, 'Config.toml'),
      (await readFile(join(folder.path, 'Config.toml'), 'utf8')).replace('bokking', 'booking'),
    )
    const started = await start(folder.path, [], env).ended
    expect([started.code, started.err.trimEnd().split('\n')]).toEqual([
      2,
      [expect.stringMatching(/^Kafka at 127\.0\.0\.1:1/), expect.stringMatching(/^Postgres at 127\.0\.0\.1:1/)],
    ])
  })

  it('prints which keys it has checked, and why they cannot be fetched', async () => {
    await using folder = await temporaryFolder()
    await using keys = await serveKeys({ keys: [] })
    const env = { NOTIFICATION_SERVICE__AUTH__JWKS_URL: keys.url }
    expect(await start(folder.path, ['--check'], env).ended).toEqual({
      code: 0,
      err: '',
      out: 'configuration, plugins, address, keys and folder are in order\n',
    })
    keys.answer(undefined)
    expect(await start(folder.path, ['--check'], env).ended).toEqual({
      code: 2,
      out: '',
      err: `the keys at ${keys.url} cannot be fetched: Expected 200 OK from the JSON Web Key Set HTTP response\n`,
    })
  })

  it('prints five mistakes in five lines, and starts nothing', async () => {
    await using folder = await temporaryFolder()
    await writeFile(
      join(folder.path, 'my.toml'),
      '[notification_service]\na1 = 1\nb2 = 1\nlog_level = "x"\n[notification_service.http]\nport = -1\nhost = 5\n',
    )
    const { code, out, err } = await start(folder.path, ['--config', 'my.toml'], {
      NOTIFICATION_SERVICE__HTTP__PORT: undefined,
    }).ended
    expect([code, out, err.trimEnd().split('\n').length]).toEqual([2, '', 5])
    expect(err).not.toMatch(/\bat \S+ \(|\.ts:\d/)
  })

  it('prints in one sentence that a port is in use', async () => {
    await using folder = await begunFolder('.belfry')
    await using port = await takenPort()
    for (const args of [[], ['--check']])
      expect(await start(folder.path, args, { NOTIFICATION_SERVICE__HTTP__PORT: String(port.number) }).ended).toEqual({
        code: 2,
        out: '',
        err: `127.0.0.1:${port.number} cannot be listened on: it is in use\n`,
      })
  })

  it('names a host that this machine does not have', async () => {
    await using folder = await temporaryFolder()
    const env = {
      NOTIFICATION_SERVICE__HTTP__HOST: '256.1.1.1',
      NOTIFICATION_SERVICE__AUTH__SECRET: 'a secret of at least 32 characters',
    }
    const { code, err } = await start(folder.path, ['--check'], env).ended
    expect([code, err]).toEqual([2, expect.stringMatching(/^256\.1\.1\.1:0 cannot be listened on: \S.*\n$/)])
  })

  it('prints in one sentence that its folder is a file, or in use, or cannot be made', async () => {
    await using folder = await begunFolder('.belfry')
    const run = async (path: string) =>
      await start(folder.path, [], { NOTIFICATION_SERVICE__EMBEDDED__FOLDER: path }).ended
    await writeFile(join(folder.path, 'file'), '')
    expect(await run('file')).toEqual({ code: 2, out: '', err: 'file cannot be used: there is a file in its place\n' })
    expect(await run('file/below')).toEqual({
      code: 2,
      out: '',
      err: 'file/below cannot be used: there is a file in its place\n',
    })
    // The system says of it that it is there, and that it is not.
    expect(await run('/proc/x')).toEqual({ code: 2, out: '', err: '/proc/x cannot be used: it cannot be made there\n' })
    const first = start(folder.path)
    await first.ready()
    expect(await start(folder.path).ended).toEqual({ code: 2, out: '', err: '.belfry is in use by another process\n' })
    first.child.kill('SIGKILL')
    await first.ended
    // What a kill leaves behind keeps nobody out.
    const second = start(folder.path)
    await second.ready()
    second.child.kill('SIGTERM')
    expect((await second.ended).code).toBe(0)
    await mkdir(join(folder.path, 'locked'))
    await chmod(join(folder.path, 'locked'), 0o500)
    if (process.getuid?.() !== 0)
      expect((await run('locked/inner')).err).toBe('locked/inner cannot be used: permission denied\n')
  })

  it('gives the history of a store that was restored a new name, once, so that clients load everything again', async () => {
    await using folder = await begunFolder('.belfry')
    const epochs: string[] = []
    const frames: string[] = []
    for (const args of [[], ['--restored'], []]) {
      const belfry = start(folder.path, args)
      const url = await belfry.ready()
      const token = await devToken(url, join(folder.path, '.belfry'), { sub: 'u1' })
      const socket = new WebSocket(
        `${url.replace('http', 'ws')}/v1/stream?after=0${epochs.map((epoch) => `&epoch=${epoch}`).at(-1) ?? ''}`,
        [...['belfry.v1', `bearer.${token}`]],
      )
      const { data } = await new Promise<MessageEvent>((resolve) => socket.addEventListener('message', resolve))
      const frame = JSON.parse(String(data))
      epochs.push(frame.epoch)
      frames.push(frame.type)
      belfry.child.kill('SIGTERM')
      await belfry.ended
    }
    expect([epochs[1] === epochs[0], epochs[2] === epochs[1]]).toEqual([false, true])
    expect(frames.slice(1)).toEqual(['reset', 'changes'])
  })

  it('ends what it prints with commands that work as they are pasted, and stops on a signal', async () => {
    await using folder = await temporaryFolder()
    const belfry = start(folder.path)
    const url = await belfry.ready()
    const commands = belfry
      .output()
      .split('\n')
      .filter((line) => /^ {2}(export|curl)/.test(line))
      .map((line) => line.trim())
    const [asked, listen, send, read] = commands
    expect(commands).toHaveLength(4)
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    const token = `belfry() { '${process.execPath}' '${main}' "$@"; }; ${asked}`
    const shell = async (script: string) =>
      (await promisify(execFile)('sh', ['-c', script], { cwd: folder.path })).stdout
    expect(await shell(`${token}; ${send?.replace('curl', 'curl -s')}; ${send?.replace('curl', 'curl -s')}`)).toBe(
      '{"accepted":1}{"accepted":1}',
    )
    await expect
      .poll(async () => JSON.parse(await shell(`${token}; ${read?.replace('curl', 'curl -s')}`)).items.length)
      .toBe(1)
    const listening = spawn('sh', ['-c', `${token}; exec ${listen?.replace('curl', 'curl -s')}`], { cwd: folder.path })
    let heard = ''
    listening.stdout.on('data', (data) => (heard += data))
    await expect.poll(() => heard).toContain('"title":"Room 1 is booked"')
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, [
      'belfry.v1',
      `bearer.${await shell(`${token}; printf %s "$TOKEN"`)}`,
    ])
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
    const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
    belfry.child.kill('SIGTERM')
    expect(await closed).toBe(1012)
    expect(await belfry.ended).toMatchObject({ code: 0, err: '' })
    const lines = belfry
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line).msg)
    expect(lines).toEqual(['started', 'stopped'])
  })
})
