import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { startProgram } from '../start-program.ts'

/** What tokens are signed with here. */
const SECRET = 'a secret that only these tests know'

/** A Belfry as a process of its own. */
export interface Instance {
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Ends it as operators do; answers its exit code. */
  stop(): Promise<number | null>
  /** Calls a route for operators. */
  ops(path: string, method?: string): Promise<{ readonly status: number; readonly body: unknown }>
  /** What `GET /ready` says, as text. */
  ready(): Promise<string>
  /** Everything that it has logged. */
  output(): string
}

export interface InstanceOptions {
  readonly folder: string
  readonly bootstrap: readonly string[]
  readonly names: Readonly<Record<string, string>>
  readonly group: string
  readonly postgres: string
  readonly sessionTimeout?: number
}

/** Writes the Config.toml of one; answers where it is. */
export async function writeConfig(options: InstanceOptions): Promise<string> {
  const { folder, bootstrap, names, group, postgres, sessionTimeout = 10_000 } = options
  const file = join(folder, 'Config.toml')
  await writeFile(
    file,
    `[notification_service]
log_level = "info"
[notification_service.kafka]
bootstrap_servers = ${JSON.stringify(bootstrap)}
group_id = "${group}"
workers = 2
session_timeout_ms = ${sessionTimeout}
heartbeat_interval_ms = ${sessionTimeout / 5}
[notification_service.kafka.topic_names]
${Object.entries(names)
  .map(([topic, name]) => `${topic} = "${name}"`)
  .join('\n')}
[notification_service.postgres]
url = "${postgres}"
[notification_service.auth]
secret = "${SECRET}"
`,
  )
  return file
}

/** Starts one with a Config.toml, as users do; resolves when it is ready. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { folder } = options
  const file = await writeConfig(options)
  const { child, ended, output } = startProgram(folder, ['--config', file])
  const address = () => /Belfry is ready at (\S+)\. /.exec(output())?.[1] ?? ''
  let over = false
  void ended.then(() => {
    over = true
  })
  await expect.poll(() => over || address() !== '', { timeout: 60_000 }).toBe(true)
  if (address() === '') throw new Error(`Belfry did not start: ${JSON.stringify(await ended)}`)
  const token = await new SignJWT({ sub: 'op', scope: 'ops' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))
  return {
    output,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return (await ended).code
    },
    async ops(path, method = 'GET') {
      const response = await fetch(`${address()}/v1/ops${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      })
      return { status: response.status, body: await response.json() }
    },
    ready: async () => (await fetch(`${address()}/ready`)).text(),
  }
}
