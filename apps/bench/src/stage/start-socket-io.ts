import { fileURLToPath } from 'node:url'
import { freePort } from '@belfry/test-services'
import { Program } from '../machine/program.ts'

/** Socket.IO in a process of its own, and its address. */
export interface SocketIo {
  readonly program: Program
  readonly http: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts Socket.IO with connection state recovery. */
export async function startSocketIo(): Promise<SocketIo> {
  const port = await freePort()
  const path = fileURLToPath(new URL('../peers/socket-io.ts', import.meta.url))
  const program = new Program(path, { env: { PORT: String(port) } })
  await program.receive((message) => message === 'ready' || undefined)
  return { program, http: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => program.stop() }
}
