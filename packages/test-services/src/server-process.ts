import { type ChildProcess, spawn } from 'node:child_process'

const MAX_OUTPUT = 4_000

/** A server that runs as a child process and can be started again. */
export class ServerProcess {
  #child: ChildProcess | undefined
  #output = ''

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The last output of the server since it was started. */
  get output(): string {
    return this.#output
  }

  /** The process id, also after the process has ended; undefined before the first start. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  start([program, args]: readonly [program: string, args: readonly string[]], cwd: string): void {
    this.#output = ''
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT)
      })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Sends the signal and resolves once the process has ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined || !this.isRunning) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#child.once('exit', () => resolve())
    this.#child.kill(signal)
    await promise
  }
}
