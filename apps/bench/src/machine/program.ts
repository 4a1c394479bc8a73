import { type ChildProcess, spawn } from 'node:child_process'
import { isStopped } from './usage.ts'

const MAX_OUTPUT = 4_000
const FREEZE_TIMEOUT_MS = 5_000

/** What a program is started with. */
export interface ProgramOptions {
  readonly args?: readonly string[]
  /** Flags of Node. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A program of Node that runs as a child process, can receive messages, and ends with this process. */
export class Program {
  readonly child: ChildProcess
  readonly pid: number
  #output = ''
  readonly #onExit = () => this.child.kill('SIGKILL')

  constructor(path: string, { args = [], flags = [], env = {}, cwd }: ProgramOptions = {}) {
    this.child = spawn(process.execPath, [...flags, path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    const { pid } = this.child
    if (pid === undefined) throw new Error(`${path} did not start`)
    this.pid = pid
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT)
      })
    process.on('exit', this.#onExit)
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** The last that the program has printed. */
  get output(): string {
    return this.#output
  }

  /** Resolves once the program sends a message for which `pick` returns something, and throws if the program ends before. */
  async receive<T>(pick: (message: unknown) => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const onMessage = (message: unknown) => {
      const picked = pick(message)
      if (picked !== undefined) resolve(picked)
    }
    const onEnd = () => reject(new Error(`a program has ended:\n${this.#output}`))
    this.child.on('message', onMessage).on('exit', onEnd)
    if (!this.isRunning) onEnd()
    try {
      return await promise
    } finally {
      this.child.off('message', onMessage).off('exit', onEnd)
    }
  }

  /** Suspends the program, and returns once none of its threads runs. */
  freeze(): void {
    this.child.kill('SIGSTOP')
    const until = Date.now() + FREEZE_TIMEOUT_MS
    while (this.isRunning && !isStopped(this.pid) && Date.now() < until);
  }

  /** Continues the program. */
  thaw(): void {
    this.child.kill('SIGCONT')
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    process.off('exit', this.#onExit)
    if (!this.isRunning) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.child.once('exit', () => resolve())
    this.child.kill(signal)
    await promise
  }
}
