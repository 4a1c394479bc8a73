import { BelfryError } from '@belfry/contracts/errors'
import type { IntakeStatus, Log } from '@belfry/core'
import { backOff, waitAtMost } from '@belfry/core/flow'
import { serverErrors } from '../../errors.ts'
import { BLOCKED } from './blame.ts'
import { type Ended, type Thread, ThreadEnded } from './create-thread.ts'
import type { Watchdog, Watching } from './watchdog.ts'

export interface KeptThreadOptions {
  /** From 1. */
  readonly number: number
  /** Starts it, and starts it anew. */
  readonly create: (onStatus: (status: IntakeStatus) => void) => Thread
  /** Told before a thread that is ready is given anything else to do. */
  readonly onReady: (thread: Thread) => void
  /** Told that it gives no sign of life; answers whether the cause is found. It is ended soon, and started anew once that is dealt with. */
  readonly onSilent: (thread: Thread) => Promise<boolean>
  /** Told that it has ended by itself; answers whether the cause is found. It is started anew once that is dealt with. */
  readonly onDied: (ended: Ended) => Promise<boolean>
  /** Told each time that it is started anew. */
  readonly onRestart: () => void
  readonly watchdog: Watchdog
  readonly log: Log
}

/** A thread that is started anew whenever it ends. */
export interface KeptThread {
  /**
   * It has been ready once.
   * @throws what kept it from opening; then it is not tried again
   */
  readonly opened: Promise<void>
  /** The one that runs, from before it is ready until it has ended. */
  readonly thread: Thread | undefined
  /** Of these, the one that is ready. */
  readonly ready: Thread | undefined
  /** Whether it has given a sign of life lately. */
  readonly isLively: boolean
  /** What it last said of itself, while it runs. */
  readonly status: IntakeStatus | undefined
  /** What is wrong with it, in words. */
  readonly trouble: string | undefined
  /** What it last said holds no longer, and it says nothing. */
  forgetStatus(): void
  /** Something more is known of why it takes so long. */
  delayed(why: string): void
  close(): Promise<void>
}

/** The first wait before it is started anew, in milliseconds; each is twice as long as the one before, up to the longest. */
const FIRST = 100
const LONGEST = 10_000
/** One that has lived for so long has not ended of what the one before it has. */
const HEALTHY = 60_000
/** What a silent thread was in is kept before it is ended, if that takes no longer than so many milliseconds. */
const DEAL = 2_000
/** It is worth a word when a thread has given no sign of life for more ticks of the watchdog. */
const QUIET = 2
/** The transaction under way is waited for so long. */
const PATIENCE = 7_000

/** Starts a thread and keeps it alive. */
export function keepThread(options: KeptThreadOptions): KeptThread {
  const { number, create, onReady, onSilent, onDied, onRestart, watchdog, log } = options
  const closing = new AbortController()
  const opened = Promise.withResolvers<void>()
  // Whoever does not ask is not told.
  opened.promise.catch(() => {})
  let thread: Thread | undefined
  let isReady = false
  let wasReady = false
  let status: IntakeStatus | undefined
  let watching: Watching | undefined
  let trouble: string | undefined
  let more: string | undefined
  let tries = 0

  /** One life; answers whether there is to be another. */
  const live = async (): Promise<boolean> => {
    const began = performance.now()
    const own = create((told) => (status = told))
    thread = own
    let dealt: Promise<boolean> | undefined
    watching = watchdog.watch({
      pulse: own.pulse,
      onSilent() {
        dealt = onSilent(own)
        // Before its partitions are free for others, if that does not take too long.
        void waitAtMost(dealt, DEAL).then(() => own.end(BLOCKED))
      },
    })
    const failure = await own.ready.then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    if (failure === undefined) {
      isReady = true
      wasReady = true
      trouble = undefined
      onReady(own)
      opened.resolve()
    }
    const ended = await own.ended
    watching.stop()
    watching = undefined
    thread = undefined
    status = undefined
    isReady = false
    if (closing.signal.aborted) {
      // Whoever still waits for it waits no longer.
      opened.reject(serverErrors.STOPPING({}))
      return false
    }
    const refused = failure?.error instanceof ThreadEnded ? undefined : failure?.error
    if (!wasReady) {
      opened.reject(refused ?? serverErrors.INTAKE_NOT_BEGUN({ number, why: ended.why }))
      return false
    }
    const why = refused === undefined ? `it ${ended.why}` : sentenceOf(refused)
    trouble = `intake thread ${number} is being started anew: ${why}`
    log.error({ thread: number, ...(ended.culprit ?? ended.retrying) }, trouble)
    onRestart()
    if (performance.now() - began > HEALTHY) tries = 0
    // A cause that is found does not end the next one.
    if (failure === undefined && (await (dealt ?? onDied(ended)))) tries = 0
    more = undefined
    return true
  }
  const run = async () => {
    while (!closing.signal.aborted && (await live()))
      await backOff(tries++, { firstMs: FIRST, maxMs: LONGEST, signal: closing.signal })
  }
  const running = run()

  return {
    opened: opened.promise,
    get thread() {
      return thread
    },
    get ready() {
      return isReady ? thread : undefined
    },
    get isLively() {
      return watching !== undefined && watching.silentFor < QUIET
    },
    get status() {
      return status
    },
    get trouble() {
      if (watching && watching.silentFor > QUIET)
        return `intake thread ${number} has given no sign of life for ${watching.silentFor} seconds`
      return trouble === undefined || more === undefined ? trouble : `${trouble}; ${more}`
    },
    forgetStatus() {
      status = undefined
    },
    delayed(why) {
      more = why
    },
    async close() {
      closing.abort()
      const timer = setTimeout(() => thread?.end('did not close in time'), PATIENCE)
      thread?.post({ kind: 'close' })
      await running
      clearTimeout(timer)
    },
  }
}

const sentenceOf = (error: unknown): string => (error instanceof BelfryError ? error.sentence : String(error))
