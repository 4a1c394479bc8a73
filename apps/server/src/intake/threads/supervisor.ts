import { setTimeout as pause } from 'node:timers/promises'
import type { Host, IntakeStatus, Store } from '@belfry/core'
import type { TopicStates } from '@belfry/core/intake'
import type { Logger } from 'pino'
import { WORKER_MEMORY_MB } from '../../config/kafka-section.ts'
import type { Config } from '../../config/schema.ts'
import type { Commit } from '../../delivery/commit.ts'
import type { LineWriter } from '../../logging/logger.ts'
import { Caution } from './caution.ts'
import { makeLoopsTerminable } from './memory.ts'
import type { ThreadRequest } from './messages.ts'
import { SupervisedThread } from './supervised-thread.ts'
import { ThreadEnded, type ThreadHandle, type ThreadMessage } from './thread-handle.ts'
import { createVerdict, type Verdict } from './verdict.ts'
import type { Ticks } from './watchdog.ts'

export interface SupervisorOptions {
  readonly config: Config
  /** The module of the plugins; every thread loads it. */
  readonly plugins: URL
  /** The same plugins, as this thread has them. */
  readonly host: Pick<Host, 'plugins' | 'topics'>
  readonly count: number
  readonly store: Store
  readonly logger: Logger
  /** Receives the threads' log lines. */
  readonly lines: LineWriter
  /** Called with what each transaction did, after its commit. */
  readonly onCommit: (commit: Commit) => void
  /** Called each time that a thread is restarted. */
  readonly onRestart: () => void
  /** Reports of transactions may be lost, and it is not known whose inboxes changed. */
  readonly onMissed: () => void
  /** A topic is quarantined; the threads here have stopped it, other instances not yet. */
  readonly onQuarantined: () => void
  /** The inbox of this person, or of anybody, may have changed without a report of it. */
  readonly onUnconfirmed: (person?: string) => void
  /** The people who are connected. */
  readonly people: () => Iterable<string>
  /** Megabytes of memory that a thread may take; `kafka.worker_memory_mb` unless it is given. */
  readonly memoryMb?: number
  /** The watchdog's ticks: one a second unless they are given. */
  readonly ticks?: Ticks
}

/** Milliseconds without a sign of life after which a response is not waited for. */
const SILENT_MS = 1_000

/** The threads of the intake, which it watches, and restarts when they end. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #topics: TopicStates
  readonly #closing = new AbortController()
  readonly #caution = new Caution()
  readonly #verdict: Verdict
  #threads: readonly SupervisedThread[] = []

  /** Each thread starts the topics that are wanted, once it is ready. */
  constructor(options: SupervisorOptions, topics: TopicStates) {
    const { store, logger } = options
    this.#options = options
    this.#topics = topics
    this.#verdict = createVerdict({
      topics: store.topics,
      logger,
      closing: this.#closing.signal,
      onAway: (why) => {
        for (const one of this.#threads) one.delayed(why)
      },
    })
  }

  /**
   * Starts them; resolves once all are ready.
   * @throws what kept one of them from opening; then none is left
   */
  async open(topics: readonly string[]): Promise<void> {
    makeLoopsTerminable()
    this.#threads = Array.from({ length: this.#options.count }, (_, index) => this.#supervise(index + 1, topics))
    const opened = await Promise.allSettled(this.#threads.map((one) => one.opened))
    const failed = opened.find((one) => one.status === 'rejected')
    if (failed === undefined) return
    await this.close()
    throw failed.reason
  }

  /** The threads that have opened everything. */
  ready(): readonly ThreadHandle[] {
    return this.#threads.flatMap(({ ready }) => ready ?? [])
  }

  /** Of these, those that respond. */
  lively(): readonly ThreadHandle[] {
    return this.#threads.flatMap(({ lively }) => lively ?? [])
  }

  /** What those that run report, and what is wrong with the others. */
  statuses(): { readonly statuses: readonly IntakeStatus[]; readonly troubles: readonly string[] } {
    return {
      statuses: this.#threads.flatMap(({ status }) => status ?? []),
      troubles: this.#threads.flatMap(({ trouble }) => trouble ?? []),
    }
  }

  /**
   * Sends a request to all that run, ready or not. What one that ends meanwhile has not done, it finds in the store when it is restarted; one
   * that does not respond for a second is not waited for: it does it as soon as it can, or is ended.
   */
  async requestAll(request: ThreadRequest): Promise<void> {
    await Promise.all(
      this.#threads.map(async (one) => {
        const { running } = one
        if (running && !(await isDone(running, request))) one.forgetStatus()
      }),
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#threads.map((one) => one.close()))
  }

  #supervise(number: number, topics: readonly string[]): SupervisedThread {
    const { config, host, plugins, ticks, logger, onRestart, onMissed } = this.#options
    const { memoryMb = config.kafka?.worker_memory_mb ?? WORKER_MEMORY_MB } = this.#options
    const names = { topics: host.topics, plugins: host.plugins.map(({ id }) => id) }
    return new SupervisedThread({
      data: { number, config, plugins: plugins.href, topics, memoryMb, names, caution: this.#caution.memory },
      caution: this.#caution,
      verdict: this.#verdict,
      ticks,
      logger,
      onMessage: (message) => this.#receive(message),
      onReady: (thread) => this.#onReady(thread),
      onEnded: onMissed,
      onCauseFound: () => this.#refreshAll(),
      onRestart,
    })
  }

  #receive(message: ThreadMessage): void {
    const { onCommit, lines, onQuarantined, onUnconfirmed } = this.#options
    if (message.kind === 'applied') onCommit(message.commit)
    else if (message.kind === 'log') lines.write(message.line)
    else if (message.kind === 'unconfirmed') onUnconfirmed(message.person)
    else if (message.kind === 'quarantined') {
      this.#refreshAll()
      onQuarantined()
    }
  }

  #onReady(thread: ThreadHandle): void {
    thread.post({ kind: 'presence', people: [...this.#options.people()], here: true })
    // One that ends meanwhile is given them again when it is restarted.
    thread.request({ of: 'start', topics: this.#topics.wanted }).catch(() => {})
    // What the thread before it has committed last was not reported.
    this.#options.onMissed()
  }

  /** All threads read again what is paused and blocked: another may take over the partitions. One that is silent too is not waited for. */
  #refreshAll(): void {
    this.requestAll({ of: 'refresh' }).catch(() => {})
  }
}

/** Waits until a thread has done what is requested, or has ended; resolves to false where it does not respond instead. */
async function isDone(thread: ThreadHandle, request: ThreadRequest): Promise<boolean> {
  const done = new AbortController()
  const responded = thread.request(request).catch((error: unknown) => {
    if (!(error instanceof ThreadEnded)) throw error
  })
  const fallsSilent = async (): Promise<boolean> => {
    for (let seen = -1; seen !== thread.pulse.ticks(); ) {
      seen = thread.pulse.ticks()
      await pause(SILENT_MS, undefined, { ref: false, signal: done.signal })
    }
    return false
  }
  try {
    return await Promise.race([responded.then(() => true), fallsSilent()])
  } finally {
    done.abort()
  }
}
