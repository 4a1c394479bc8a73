import { fileURLToPath } from 'node:url'
import { freePort } from '@belfry/test-services'
import { Program } from '../machine/program.ts'

/** A process with sockets of `ws` and nothing else. */
export interface BareSockets {
  readonly program: Program
  readonly protocol: 'plain'
  readonly url: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts it with these flags of Node. */
export async function startBare(flags: readonly string[] = []): Promise<BareSockets> {
  const port = await freePort()
  const path = fileURLToPath(new URL('../peers/bare-ws.ts', import.meta.url))
  const program = new Program(path, { flags, env: { PORT: String(port) } })
  await program.receive((message) => message === 'ready' || undefined)
  return {
    program,
    protocol: 'plain',
    url: `ws://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => program.stop(),
  }
}
