import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from '../free-port.ts'
import { ServerProcess } from '../server-process.ts'
import { giveToPostgres, unprivileged } from './unprivileged.ts'

/** A real Postgres in a folder and on a port of its own, with `fsync` off: a crash of the process loses nothing, a crash of the machine would. */
export interface PostgresServer {
  readonly port: number
  /** The address of a database, by default of `postgres`. */
  url(database?: string): string
  /** Creates an empty database and returns its address. */
  createDatabase(name: string): Promise<string>
  /** Starts the server again after `stop` or `kill`, with these further settings (`name=value`). */
  start(settings?: readonly string[]): Promise<void>
  /** Stops the server with an immediate shutdown: connections are cut, and the next start recovers. */
  stop(): Promise<void>
  /** Kills every process of the server. */
  kill(): Promise<void>
  /** Restarts the server as a promoted replica, on a new timeline. `restoreCommand` fetches the WAL that it lacks. */
  promote(restoreCommand?: string): Promise<void>
  /** Restarts the server as a complete, read-only replica, until `pg_promote()` makes it a primary on a new timeline. */
  standBy(): Promise<void>
  /** Suspends the processes of the server (SIGSTOP), or continues them. */
  freeze(frozen: boolean): void
  /** Stops the server and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Returns the folder with `initdb` and `postgres`, from the PATH or from Debian's packages; undefined if they are not installed. */
export function findPrograms(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Creates and starts a Postgres. `settings` are lines of its configuration (`name=value`). By default it listens on a free port. */
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

/** What Postgres logs where processes of an earlier start still run. */
const MEMORY_IN_USE = 'pre-existing shared memory block'

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
    giveToPostgres(this.#folder)
    chmodSync(this.#folder, 0o700)
    // A linguistic collation, as most databases have: a query that needs the order of bytes has to name it.
    const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
    const [program, args] = this.#command('initdb', ['-U', 'belfry', '-A', 'trust', '--no-sync', ...locale])
    execFileSync(program, args, { stdio: 'pipe', cwd: '/' })
    writeFileSync(
      join(this.#data, 'postgresql.auto.conf'),
      ['fsync=off', 'max_connections=50', 'shared_buffers=64MB', ...settings, ''].join('\n'),
    )
  }

  async start(settings: readonly string[] = []): Promise<void> {
    // It has no Unix socket: the path of one may have 107 bytes, and temporary folders lie deep.
    const where = ['-p', String(this.port), '-k', '', '-h', '127.0.0.1']
    const command = this.#command('postgres', [...where, ...settings.flatMap((one) => ['-c', one])])
    this.#process.start(command, '/')
    while (!(await connects(this.url()))) {
      const hasEnded = !this.#process.isRunning
      await pass(20)
      if (!hasEnded) continue
      // A process that was killed keeps the memory until it has ended.
      if (!this.#process.output.includes(MEMORY_IN_USE))
        throw new Error(`Postgres did not start:\n${this.#process.output}`)
      this.#process.start(command, '/')
    }
  }

  async stop(): Promise<void> {
    // An immediate shutdown.
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

  /** Creates a signal file, which the next start reads. */
  #request(name: string): void {
    writeFileSync(join(this.#data, name), '')
    giveToPostgres(join(this.#data, name))
  }
}

/** Returns whether a client can connect to this address. */
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
    // The process has ended already.
  }
}
