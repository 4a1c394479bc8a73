import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Program } from '../machine/program.ts'

const MAIN = fileURLToPath(new URL('../../../server/dist/main.js', import.meta.url))
const MAIN_WITH_IO = fileURLToPath(new URL('../peers/belfry-with-io.ts', import.meta.url))
const POLL_MS = 20
const START_TIMEOUT_MS = 60_000

export interface BelfryRun {
  /** Its Config.toml is written here, and it runs here. */
  readonly folder: string
  readonly config: string
  readonly port: number
  /** Further flags of Node. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Belfry's own, or those of peers/io-plugins.ts. */
  readonly plugins?: 'own' | 'io'
}

/** Starts Belfry from its build, and resolves once it answers that it is ready. */
export async function runBelfry({
  folder,
  config,
  port,
  flags = [],
  env = {},
  plugins = 'own',
}: BelfryRun): Promise<Program> {
  if (!existsSync(MAIN)) throw new Error('Belfry is not built: pnpm build')
  writeFileSync(join(folder, 'Config.toml'), config)
  const program = new Program(plugins === 'own' ? MAIN : MAIN_WITH_IO, {
    flags: ['--conditions=dist', ...flags],
    env,
    cwd: folder,
  })
  const until = Date.now() + START_TIMEOUT_MS
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await isReady())) {
    if (program.isRunning && Date.now() < until) {
      await pass(POLL_MS)
      continue
    }
    await program.stop()
    throw new Error(`Belfry did not start:\n${program.output}`)
  }
  return program
}
