import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { ServerProcess } from '../server-process.ts'
import { connects } from './postgres-server.ts'
import { giveToPostgres, unprivileged } from './unprivileged.ts'

/** A real PgBouncer in front of a Postgres on this machine. */
export interface Pooler {
  url(database?: string): string
  [Symbol.asyncDispose](): Promise<void>
}

/** Returns the path of PgBouncer, or undefined if it is not installed. Debian installs it outside the PATH of users. */
export function findPooler(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path))
}

/** Starts a PgBouncer in session mode or in transaction mode. */
export async function startPooler(target: number, mode: 'session' | 'transaction'): Promise<Pooler> {
  const program = findPooler()
  if (program === undefined) throw new Error('PgBouncer was not found: install it')
  const folder = mkdtempSync(join(tmpdir(), 'belfry-pooler-'))
  const port = await freePort()
  writeFileSync(join(folder, 'users'), '"belfry" ""\n')
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = ${mode}
default_pool_size = 10
`,
  )
  giveToPostgres(folder)
  const pooler = new ServerProcess()
  pooler.start(unprivileged(program, [join(folder, 'pgbouncer.ini')]), '/')
  const url = (database = 'postgres') => `postgres://belfry@127.0.0.1:${port}/${database}`
  while (!(await connects(url()))) {
    if (!pooler.isRunning) throw new Error(`PgBouncer did not start:\n${pooler.output}`)
    await pass(20)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      await pooler.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
