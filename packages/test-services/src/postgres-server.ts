import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { giveAway, unprivileged } from './unprivileged.ts'

/** A real Postgres in a folder and on a port of its own, without durability on disk: a crash of the process loses nothing, one of the machine would. */
export interface PostgresServer {
  readonly port: number
  /** The address of a database; `postgres` unless it is named. */
  url(database?: string): string
  /** Makes an empty database, and answers its address. */
  createDatabase(name: string): Promise<string>
  /** Starts it again after a `stop` or `kill`, with more settings if any are given (`name=value`). */
  start(settings?: readonly string[]): Promise<void>
  /** Stops it hard: connections are cut, and it recovers when it starts. */
  stop(): Promise<void>
  /** Kills every process of it at once. */
  kill(): Promise<void>
  /** Stops it, and starts it as what a replica is once it was promoted: on a new timeline. It asks this command for what it lacks. */
  promote(restoreCommand?: string): Promise<void>
  /** Stops it, and starts it as a replica that has everything and only reads, until `pg_promote()` makes it a primary on a new timeline. */
  standBy(): Promise<void>
  /** Stops its processes where they are (SIGSTOP), or lets them go on. */
  freeze(frozen: boolean): void
  /** Ends it, and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The folder that holds `initdb` and `postgres`: of the PATH, or of Debian's packages; undefined where there is none. */
export function findPrograms(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/**
 * Makes and starts a Postgres. `settings` are lines of its configuration (`name=value`). It listens on a free port unless one is named.
 */
export async function startPostgres(
  settings: readonly string[] = [],
  { port: wanted }: { readonly port?: number } = {},
): Promise<PostgresServer> {
  const programs = findPrograms()
  if (programs === undefined) throw new Error('Postgres was not found: install it (initdb and postgres on the PATH)')
  const folder = mkdtempSync(join(tmpdir(), 'belfry-postgres-'))
  const as = (program: string, args: readonly string[]) => unprivileged(join(programs, program), args)
  const data = join(folder, 'data')
  const make = () => {
    giveAway(folder)
    chmodSync(folder, 0o700)
    // Ordered as people order words, as most databases are: what must be ordered by bytes has to say so.
    const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
    execFileSync(...as('initdb', ['-D', data, '-U', 'belfry', '-A', 'trust', '--no-sync', ...locale]), {
      stdio: 'pipe',
      cwd: '/',
    })
    writeFileSync(
      join(data, 'postgresql.auto.conf'),
      ['fsync=off', 'max_connections=50', 'shared_buffers=64MB', ...settings, ''].join('\n'),
    )
  }
  const port = wanted ?? (await freePort())
  let server: ChildProcess | undefined
  const url = (database = 'postgres') => `postgres://belfry@127.0.0.1:${port}/${database}`

  const start = async (more: readonly string[] = []): Promise<void> => {
    const options = [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder,
      '-h',
      '127.0.0.1',
      ...more.flatMap((one) => ['-c', one]),
    ]
    const started = spawn(...as('postgres', options), { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
    server = started
    let said = ''
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (text) => (said = (said + text).slice(-4_000)))
    for (;;) {
      if (started.exitCode !== null || started.signalCode !== null) throw new Error(`Postgres did not start:\n${said}`)
      const client = new Client({ connectionString: url() })
      try {
        await client.connect()
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      } finally {
        await client.end().catch(() => {})
      }
    }
  }
  const ended = async (signal: NodeJS.Signals): Promise<void> => {
    const stopping = server
    if (stopping === undefined || stopping.exitCode !== null || stopping.signalCode !== null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    stopping.once('exit', () => resolve())
    if (signal === 'SIGKILL') for (const pid of processesOf(stopping.pid)) signalTo(pid, 'SIGKILL')
    stopping.kill(signal)
    await promise
  }
  try {
    make()
    await start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    port,
    url,
    async createDatabase(name) {
      const client = new Client({ connectionString: url() })
      await client.connect()
      await client.query(`create database "${name}"`)
      await client.end()
      return url(name)
    },
    start,
    // SIGQUIT: the immediate shutdown.
    stop: () => ended('SIGQUIT'),
    kill: () => ended('SIGKILL'),
    async promote(restoreCommand = 'false') {
      await ended('SIGQUIT')
      writeFileSync(join(data, 'recovery.signal'), '')
      giveAway(join(data, 'recovery.signal'))
      await start([`restore_command=${restoreCommand}`])
    },
    async standBy() {
      await ended('SIGQUIT')
      writeFileSync(join(data, 'standby.signal'), '')
      giveAway(join(data, 'standby.signal'))
      await start()
    },
    freeze(frozen) {
      for (const pid of [server?.pid, ...processesOf(server?.pid)])
        if (pid !== undefined) signalTo(pid, frozen ? 'SIGSTOP' : 'SIGCONT')
    },
    async [Symbol.asyncDispose]() {
      await ended('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The children of a process. */
function processesOf(parent: number | undefined): readonly number[] {
  if (parent === undefined) return []
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => (line.trim() === '' ? [] : Number(line)))
  } catch {
    return []
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}
