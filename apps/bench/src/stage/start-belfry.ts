import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@belfry/test-services'
import { Program } from '../machine/program.ts'
import { SECRET, type Service } from './service.ts'
import type { Place, Services } from './services.ts'

const MAIN = fileURLToPath(new URL('../../../server/dist/main.js', import.meta.url))
const POLL_MS = 20
const START_TIMEOUT_MS = 60_000

/** Starts Belfry from its build, with its defaults, on the Kafka and the Postgres of a place of its own; `flags` are further ones of Node. */
export async function startBelfry(services: Services, flags: readonly string[] = []): Promise<Service> {
  await using opened = new AsyncDisposableStack()
  const place = opened.use(await services.createPlace())
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'Config.toml'), configOf(place, port))
  const program = runBelfry(folder, flags)
  opened.defer(() => program.stop())
  const http = `http://127.0.0.1:${port}`
  await untilReady(program, http)
  const kept = opened.move()
  return {
    program,
    protocol: 'belfry',
    url: `ws://127.0.0.1:${port}/v1/stream`,
    http,
    place,
    table: 'notification',
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

/** Starts the built Belfry with the Config.toml of a folder. */
function runBelfry(folder: string, flags: readonly string[]): Program {
  if (!existsSync(MAIN)) throw new Error('Belfry is not built: pnpm build')
  return new Program(MAIN, {
    flags: ['--conditions=dist', ...flags],
    args: ['--config', join(folder, 'Config.toml')],
    cwd: folder,
  })
}

/** Resolves once Belfry answers that it is ready. */
async function untilReady(program: Program, http: string): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS
  const isReady = () =>
    fetch(`${http}/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await isReady())) {
    if (!program.isRunning || Date.now() > until) throw new Error(`Belfry did not start:\n${program.output}`)
    await pass(POLL_MS)
  }
}

const configOf = ({ id, brokers, postgres, topic }: Place, port: number): string => `[notification_service.http]
port = ${port}
[notification_service.auth]
secret = "${SECRET}"
[notification_service.kafka]
bootstrap_servers = ${JSON.stringify(brokers)}
group_id = "bench-${id}"
[notification_service.kafka.topic_names]
${['booking', 'waitlist', 'conflict', 'user', 'resource', 'notification'].map((name) => `${name} = "${topic(name)}"`).join('\n')}
[notification_service.postgres]
url = "${postgres}"
`
