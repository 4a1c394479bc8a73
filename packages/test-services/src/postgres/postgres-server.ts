import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from '../free-port.ts'
import { ServerProcess } from '../server-process.ts'
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
  try {
    const server = new Server(programs, folder, wanted ?? (await freePort()))
    server.makeCluster(settings)
    await server.start()
    return server
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

class Server implements PostgresServer {
  readonly port: number
  readonly #programs: string
  readonly #folder: string
  readonly #process = new ServerProcess()

  constructor(programs: string, folder: string, port: number) {
    this.#programs = programs
    this.#folder = folder
    this.port = port
  }

  url(database = 'postgres'): string {
    return `postgres://belfry@127.0.0.1:${this.port}/${database}`
  }

  async createDatabase(name: string): Promise<string> {
    const client = new Client({ connectionString: this.url() })
    await client.connect()
    await client.query(`create database "${name}"`)
    await client.end()
    return this.url(name)
  }

  makeCluster(settings: readonly string[]): void {
    giveAway(this.#folder)
    chmodSync(this.#folder, 0o700)
    // Ordered as people order words, as most databases are: what must be ordered by bytes has to say so.
    const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
    const [program, args] = this.#command('initdb', ['-U', 'belfry', '-A', 'trust', '--no-sync', ...locale])
    execFileSync(program, args, { stdio: 'pipe', cwd: '/' })
    writeFileSync(
      join(this.#data, 'postgresql.auto.conf'),
      ['fsync=off', 'max_connections=50', 'shared_buffers=64MB', ...settings, ''].join('\n'),
    )
  }

  async start(settings: readonly string[] = []): Promise<void> {
    const where = ['-p', String(this.port), '-k', this.#folder, '-h', '127.0.0.1']
    this.#process.start(this.#command('postgres', [...where, ...settings.flatMap((one) => ['-c', one])]), '/')
    while (!(await connects(this.url()))) {
      if (!this.#process.isRunning) throw new Error(`Postgres did not start:\n${this.#process.output}`)
      await pass(20)
    }
  }

  async stop(): Promise<void> {
    // The immediate shutdown.
    await this.#process.stop('SIGQUIT')
  }

  async kill(): Promise<void> {
    if (!this.#process.isRunning) return
    for (const pid of childrenOf(this.#process.pid)) signalTo(pid, 'SIGKILL')
    await this.#process.stop('SIGKILL')
  }

  async promote(restoreCommand = 'false'): Promise<void> {
    await this.stop()
    this.#request('recovery.signal')
    await this.start([`restore_command=${restoreCommand}`])
  }

  async standBy(): Promise<void> {
    await this.stop()
    this.#request('standby.signal')
    await this.start()
  }

  freeze(frozen: boolean): void {
    const { pid } = this.#process
    for (const one of [pid, ...childrenOf(pid)]) if (one !== undefined) signalTo(one, frozen ? 'SIGSTOP' : 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  #command(program: string, args: readonly string[]): [string, string[]] {
    return unprivileged(join(this.#programs, program), ['-D', this.#data, ...args])
  }

  /** Makes a file that the next start looks for. */
  #request(name: string): void {
    writeFileSync(join(this.#data, name), '')
    giveAway(join(this.#data, name))
  }
}

/** Whether a client can connect to this address. */
export async function connects(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString })
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** The children of a process. */
function childrenOf(parent: number | undefined): readonly number[] {
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
