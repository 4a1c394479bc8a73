import { BelfryError } from '@belfry/contracts/errors'
import type { IntakeStatus, Logger } from '@belfry/core'
import { backOff, waitAtMost } from '@belfry/core/flow'
import { serverErrors } from '../../errors.ts'
import type { Caution } from './caution.ts'
import type { ThreadData } from './messages.ts'
import { createPulse } from './pulse.ts'
import { endOf, type ThreadEnd, ThreadEnded, ThreadHandle, type ThreadMessage } from './thread-handle.ts'
import { BLOCKED, type Verdict } from './verdict.ts'
import { type Ticks, Watchdog } from './watchdog.ts'

export interface SupervisedThreadOptions {
  /** What each of its lives is started with; a life has a pulse of its own: what the one before was in does not concern it. */
  readonly data: Omit<ThreadData, 'pulse'>
  readonly caution: Caution
  readonly verdict: Verdict
  /** The watchdog's ticks: one a second unless they are given. */
  readonly ticks?: Ticks | undefined
  readonly logger: Logger
  readonly onMessage: (message: ThreadMessage) => void
  /** Called before a thread that is ready is given anything else to do. */
  readonly onReady: (thread: ThreadHandle) => void
  /** Called each time that it has ended by itself. */
  readonly onEnded: () => void
  /** Called each time that the cause of its silence or end is found and kept. */
  readonly onCauseFound: () => void
  /** Called each time that it is to be restarted. */
  readonly onRestart: () => void
}

/**
 * Where one thread is:
 *
 * ```
 * starting ──▶ ready ──▶ silent ──▶ ended ──▶ waiting ──▶ starting …
 *     │          └──────────────────▶ │ ▲
 *     └───────────────────────────────┘─┴──▶ closed
 * ```
 * - `starting`: it opens its engines and plugins.
 * - `ready`: it applies events.
 * - `silent`: it has given no sign of life for ten ticks. What it was in is kept first, and then it is ended.
 * - `ended`: it is to be restarted, once the cause of its end is decided.
 * - `waiting`: it is restarted after a pause.
 * - `closed`: it has ended for good: the intake closes, or the first start has failed.
 */
type State = 'starting' | 'ready' | 'silent' | 'ended' | 'waiting' | 'closed'

/** A thread from its start to its end, and what is known of it. */
interface Life {
  readonly began: number
  readonly thread: ThreadHandle
  readonly watchdog: Watchdog
  /** It has opened everything. */
  isReady: boolean
  /** What it has last reported. */
  status?: IntakeStatus | undefined
  /** Whether the cause is found of its silence. */
  verdict?: Promise<boolean>
}

/** The first pause before it is restarted, in milliseconds; each is twice as long as the one before, up to the longest. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** Milliseconds after which the end of a thread is not for the cause of the end before: the pauses begin with the first again. */
const HEALTHY_MS = 60_000
/** What a silent thread was in is kept before it is ended, if that takes no longer than this. */
const VERDICT_TIMEOUT_MS = 2_000
/** A thread without a sign of life for more ticks of the watchdog gets no requests that wait for it, and readiness reports it. */
const QUIET_TICKS = 2
/** Milliseconds for which closing waits for the transaction under way. */
const CLOSE_TIMEOUT_MS = 7_000

/** One thread that is restarted whenever it ends. */
export class SupervisedThread {
  readonly #options: SupervisedThreadOptions
  readonly #number: number
  readonly #closing = new AbortController()
  readonly #opened = Promise.withResolvers<void>()
  readonly #closed: Promise<void>
  #state: State = 'waiting'
  #life: Life | undefined
  #hasBeenReady = false
  /** Ends in a row without a cause that was found; the pause before the next start grows with them. */
  #ends = 0
  /** Why it is being restarted, in words. */
  #trouble: string | undefined
  /** Why that takes so long, in words. */
  #delay: string | undefined

  constructor(options: SupervisedThreadOptions) {
    this.#options = options
    this.#number = options.data.number
    // It may be that no caller waits for it.
    this.#opened.promise.catch(() => {})
    this.#closed = this.#run()
  }

  /**
   * Resolves once it has been ready.
   * @throws what kept it from opening; then it is not tried again
   */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** The thread that runs, from before it is ready until it has ended. */
  get running(): ThreadHandle | undefined {
    return this.#life?.thread
  }

  /** The same, once it is ready. */
  get ready(): ThreadHandle | undefined {
    return this.#life?.isReady === true ? this.#life.thread : undefined
  }

  /** The same, as long as it responds. */
  get lively(): ThreadHandle | undefined {
    return this.#life !== undefined && this.#life.watchdog.silentFor < QUIET_TICKS ? this.ready : undefined
  }

  /** What it has last reported, while it runs. */
  get status(): IntakeStatus | undefined {
    return this.#life?.status
  }

  /** What is wrong with it, in words. */
  get trouble(): string | undefined {
    const silentFor = this.#life?.watchdog.silentFor ?? 0
    if (silentFor > QUIET_TICKS)
      return `intake thread ${this.#number} has given no sign of life for ${silentFor} seconds`
    return this.#trouble === undefined || this.#delay === undefined ? this.#trouble : `${this.#trouble}; ${this.#delay}`
  }

  /** What it has last reported does not hold any more, and it reports nothing new. */
  forgetStatus(): void {
    if (this.#life) this.#life.status = undefined
  }

  /** The verdict on its end takes long, for this reason. */
  delayed(why: string): void {
    this.#delay = why
  }

  /** Ends it for good, after the transaction under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#life?.watchdog.stop()
    const timer = setTimeout(() => this.running?.end('did not close in time'), CLOSE_TIMEOUT_MS)
    this.running?.post({ kind: 'close' })
    await this.#closed
    clearTimeout(timer)
  }

  /** One life after the other. */
  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted && (await this.#live())) {
      this.#enter('waiting')
      await backOff(this.#ends++, { firstMs: FIRST_PAUSE_MS, maxMs: LONGEST_PAUSE_MS, signal })
    }
    this.#enter('closed')
  }

  /** One life, from its start to what follows from its end; resolves to whether there is to be another. */
  async #live(): Promise<boolean> {
    const life = this.#start()
    const { thread } = life
    const failure = await thread.ready.then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    if (failure === undefined) this.#onReady(life)
    const end = await thread.ended
    life.watchdog.stop()
    this.#life = undefined
    this.#enter('ended', end.why)
    if (this.#closing.signal.aborted) {
      // A caller that still waits for it waits no longer.
      this.#opened.reject(serverErrors.STOPPING({}))
      return false
    }
    const refused = failure?.error instanceof ThreadEnded ? undefined : failure?.error
    if (!this.#hasBeenReady) {
      this.#opened.reject(refused ?? serverErrors.INTAKE_NOT_BEGUN({ number: this.#number, why: end.why }))
      return false
    }
    this.#reportRestart(end, refused)
    if (performance.now() - life.began > HEALTHY_MS) this.#ends = 0
    // A cause that is found does not end the next one.
    if (failure === undefined && (await (life.verdict ?? this.#onEnded(end)))) this.#ends = 0
    this.#delay = undefined
    return true
  }

  #start(): Life {
    this.#enter('starting')
    const began = performance.now()
    const { data, ticks, onMessage } = this.#options
    const thread = new ThreadHandle({ ...data, pulse: createPulse() }, (message) => {
      if (message.kind === 'status') life.status = message.status
      else onMessage(message)
    })
    const watchdog = new Watchdog(thread.pulse, () => this.#onSilent(life), ticks)
    const life: Life = { began, thread, watchdog, isReady: false }
    this.#life = life
    return life
  }

  #onReady(life: Life): void {
    life.isReady = true
    this.#hasBeenReady = true
    this.#trouble = undefined
    this.#enter('ready')
    this.#options.onReady(life.thread)
    this.#opened.resolve()
  }

  #onSilent(life: Life): void {
    this.#enter('silent')
    const { verdict } = this.#options
    life.verdict = this.#decide(endOf(life.thread.pulse, BLOCKED), verdict.onSilent)
    // Before its partitions are free for others, if that does not take too long.
    void waitAtMost(life.verdict, VERDICT_TIMEOUT_MS).finally(() => life.thread.end(BLOCKED))
  }

  #onEnded(end: ThreadEnd): Promise<boolean> {
    this.#options.onEnded()
    return this.#decide(end, this.#options.verdict.onEnd)
  }

  /** Lets threads be careful, and decides on the cause of its silence or end; resolves to whether it is found. */
  async #decide(end: ThreadEnd, verdict: (end: ThreadEnd) => Promise<boolean>): Promise<boolean> {
    const { caution, onCauseFound } = this.#options
    const suspect = end.retrying ?? end.culprit
    // What it was in is all that is known of the cause.
    caution.begin({ records: suspect === undefined || suspect.step === 'alone' })
    // A dead letter that is tried again is the cause alone: the intake's event was only there.
    if (end.retrying !== undefined || !(await verdict(end))) return false
    caution.takeRecordsTogether()
    onCauseFound()
    return true
  }

  /** `refused` is what kept it from opening, where it could report that. */
  #reportRestart(end: ThreadEnd, refused: unknown): void {
    const { logger, onRestart } = this.#options
    const why = refused === undefined ? `it ${end.why}` : sentenceOf(refused)
    this.#trouble = `intake thread ${this.#number} is being restarted: ${why}`
    logger.error({ thread: this.#number, ...(end.culprit ?? end.retrying) }, this.#trouble)
    onRestart()
  }

  #enter(state: State, why?: string): void {
    const { logger } = this.#options
    const fields = { thread: this.#number, state, before: this.#state, ...(why !== undefined && { why }) }
    this.#state = state
    logger.debug(fields, `intake thread ${this.#number} is ${state}`)
  }
}

const sentenceOf = (error: unknown): string => (error instanceof BelfryError ? error.sentence : String(error))
