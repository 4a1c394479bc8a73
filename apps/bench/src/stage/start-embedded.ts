import { fileURLToPath } from 'node:url'
import { freePort } from '@belfry/test-services'
import { Program } from '../machine/program.ts'
import { runBelfry } from './run-belfry.ts'
import { SECRET } from './service.ts'

/** A Belfry on its embedded default. */
export interface EmbeddedBelfry {
  readonly program: Program
  readonly http: string
  readonly url: string
}

/** Starts Belfry on PGlite in a folder, with the log in it. */
export async function startEmbedded(folder: string): Promise<EmbeddedBelfry> {
  const port = await freePort()
  const config = `[notification_service.http]
port = ${port}
[notification_service.auth]
secret = "${SECRET}"
`
  const program = await runBelfry({ folder, config, port })
  return { program, http: `http://127.0.0.1:${port}`, url: `ws://127.0.0.1:${port}/v1/stream` }
}

/** Starts a process that opens PGlite in a folder and queries it once. */
export async function startPGlite(folder: string): Promise<Program> {
  const path = fileURLToPath(new URL('../peers/pglite.ts', import.meta.url))
  const program = new Program(path, { args: [folder] })
  await program.receive((message) => message === 'ready' || undefined)
  return program
}
