import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const MAX_OUTPUT = 4_000
const MAX_FREEZE_MS = 5_000

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

  /** Suspends the process, as on a frozen machine, or continues it; returns once no thread of it runs any more. */
  freeze(isFrozen: boolean): void {
    this.signal(isFrozen ? 'SIGSTOP' : 'SIGCONT')
    const until = Date.now() + MAX_FREEZE_MS
    while (isFrozen && this.isRunning && !this.#isStopped() && Date.now() < until);
  }

  /** Whether all threads are stopped; on a busy machine that takes some time after the signal. True where the system has no /proc. */
  #isStopped(): boolean {
    const folder = `/proc/${this.pid}/task`
    if (!existsSync(folder)) return true
    return readdirSync(folder).every((thread) => {
      try {
        return /\) [Tt] /.test(readFileSync(`${folder}/${thread}/stat`, 'utf8'))
      } catch {
        // The thread has ended.
        return true
      }
    })
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
