import { setTimeout as pause } from 'node:timers/promises'
import type { Host, IntakeStatus, Store } from '@belfry/core'
import type { Logger } from 'pino'
import { type Config, WORKER_MEMORY_MB } from '../../config/schema.ts'
import type { Commit } from '../../delivery/commit.ts'
import type { LineWriter } from '../../logging/logger.ts'
import { createBlame } from './blame.ts'
import { createThread, type Ended, type Thread, ThreadEnded } from './create-thread.ts'
import { letLoopsEnd } from './heap-watch.ts'
import { type KeptThread, keepThread } from './keep-thread.ts'
import type { Question } from './protocol.ts'
import { type Culprit, createPulse } from './pulse.ts'
import { createWatchdog, type Ticks } from './watchdog.ts'

export interface KeepThreadsOptions {
  readonly config: Config
  /** Where the list of plugins is; every thread loads it. */
  readonly plugins: URL
  /** The same plugins, as this thread has them. */
  readonly host: Pick<Host, 'plugins' | 'topics'>
  readonly count: number
  readonly store: Pick<Store, 'block'>
  readonly log: Logger
  /** Where the threads' lines go. */
  readonly lines: LineWriter
  /** Told what each transaction did, after its commit. */
  readonly onCommit: (commit: Commit) => void
  /** Told each time that a thread is started anew. */
  readonly onRestart: () => void
  /** News may have been missed: nobody knows whose. */
  readonly onMissed: () => void
  /** A topic was paused for what it holds: other instances should look. The threads here have been told. */
  readonly onHeld: () => void
  /** Somebody's inbox, or anybody's, may have changed without anybody hearing how. */
  readonly onDoubt: (person?: string) => void
  /** Who is connected. */
  readonly people: () => Iterable<string>
  /** How many megabytes the heap of a thread may grow to, unless it is as the configuration says. */
  readonly memoryMb?: number
  /** The watchdog's ticks: one a second unless said otherwise. */
  readonly ticks?: Ticks
}

/** Threads that are watched, and started anew when they end. */
export interface KeptThreads {
  /**
   * Starts them; resolves once all are ready.
   * @throws what kept one of them from opening; then none is left
   */
  open(topics: readonly string[]): Promise<void>
  /** Those that have opened everything. */
  ready(): readonly Thread[]
  /** Of these, those that give signs of life. */
  lively(): readonly Thread[]
  /**
   * Asks all that run, ready or not. What one that ends meanwhile has not done, it finds in the store when it is started anew; one that gives
   * no sign of life for a second is not waited for: it does it as soon as it can, or is ended.
   */
  askAll(question: Question): Promise<void>
  /** What those that run say of themselves, and what is wrong with the others. */
  statuses(): { readonly statuses: readonly IntakeStatus[]; readonly troubles: readonly string[] }
  close(): Promise<void>
}

/** Milliseconds for which handlers run one at a time after a thread has ended: should it happen again, it is known which one it was. */
const ONE_HANDLER_MS = 300_000
/**
 * Milliseconds for which records are taken one at a time after a thread has ended and neither a record nor a handler is known to be the
 * cause: a thread that takes over begins with the same records.
 */
const ONE_RECORD_MS = 60_000

/** Milliseconds without a sign of life after which a thread is not waited for. */
const SILENT_MS = 1_000

/** Prepares threads; each is told to start the topics that are `wanted` once it is ready. */
export function keepThreads(options: KeepThreadsOptions, wanted: () => Iterable<string>): KeptThreads {
  const { config, plugins, host, count, store, log, lines, onCommit, onMissed, onDoubt, onRestart, people } = options
  const { memoryMb = config.kafka?.worker_memory_mb ?? WORKER_MEMORY_MB } = options
  const closing = new AbortController()
  const names = { topics: host.topics, plugins: host.plugins.map(({ id }) => id) }
  const watchdog = createWatchdog(options.ticks)
  let kept: readonly KeptThread[] = []
  /** Until when handlers run, and records are taken, one at a time, as `performance.now()` counts. */
  const until = { handlers: 0, records: 0 }

  const blame = createBlame({
    ...{ store, log, closing: closing.signal },
    onAway(why) {
      for (const one of kept) one.delayed(why)
    },
  })
  const running = () => kept.flatMap(({ thread }) => thread ?? [])
  const askAll = async (question: Question): Promise<void> => {
    const endedIsDone = (error: unknown) => {
      if (!(error instanceof ThreadEnded)) throw error
    }
    await Promise.all(
      kept.map(async (one) => {
        const { thread } = one
        if (
          thread &&
          !(await isDone(
            thread,
            thread.ask(question).then(() => {}, endedIsDone),
          ))
        )
          one.forgetStatus()
      }),
    )
  }
  const tellCareful = (thread: Thread) => {
    const now = performance.now()
    if (until.handlers <= now) return
    thread.post({ kind: 'careful', handlersMs: until.handlers - now, recordsMs: Math.max(0, until.records - now) })
  }
  /** A thread has ended, or is about to: what it was in is all that is known of why. */
  const beCareful = (culprit: Culprit | undefined) => {
    const now = performance.now()
    until.handlers = now + ONE_HANDLER_MS
    if (culprit === undefined || culprit.step === 'alone') until.records = now + ONE_RECORD_MS
    running().forEach(tellCareful)
  }
  /** The thread that takes over its partitions must know what is blocked. One that is silent too is not waited for. */
  const letOthersLook = () => void askAll({ of: 'look' }).catch(() => {})
  /** The cause is found: records are taken together again, and all threads learn what is blocked. */
  const onFound = () => {
    until.records = 0
    running().forEach(tellCareful)
    letOthersLook()
  }

  const onReady = (thread: Thread) => {
    thread.post({ kind: 'presence', people: [...people()], here: true })
    tellCareful(thread)
    // One that ends meanwhile is told again when it is started anew.
    thread.ask({ of: 'start', topics: [...wanted()] }).catch(() => {})
    // What the one before it has committed last was told to nobody.
    onMissed()
  }
  const onSilent = async ({ pulse }: Thread): Promise<boolean> => {
    const [culprit, retrying] = [pulse.culprit('intake'), pulse.culprit('retry')]
    beCareful(retrying ?? culprit)
    // A dead letter that is tried again is to blame alone: the intake's event was only there.
    if (culprit === undefined || retrying !== undefined) return false
    const isFound = await blame.silent(culprit)
    if (isFound) onFound()
    return isFound
  }
  const onDied = async (ended: Ended): Promise<boolean> => {
    beCareful(ended.retrying ?? ended.culprit)
    onMissed()
    if (ended.retrying !== undefined) return false
    const isFound = await blame.died(ended)
    if (isFound) onFound()
    return isFound
  }
  const onHeld = () => {
    letOthersLook()
    options.onHeld()
  }
  const keep = (number: number, topics: readonly string[]) =>
    keepThread({
      ...{ number, watchdog, log, onReady, onSilent, onDied, onRestart },
      create: (onStatus) =>
        createThread({
          // Each life has a pulse of its own: what the one before it was in is no concern of this one.
          data: { number, config, plugins: plugins.href, topics, memoryMb, pulse: createPulse(), names },
          hear(said) {
            if (said.kind === 'applied') onCommit(said.commit)
            else if (said.kind === 'status') onStatus(said.status)
            else if (said.kind === 'log') lines.write(said.line)
            else if (said.kind === 'held') onHeld()
            else onDoubt(said.person)
          },
        }),
    })
  const close = async () => {
    closing.abort()
    watchdog.stop()
    await Promise.all(kept.map((one) => one.close()))
  }

  return {
    async open(topics) {
      letLoopsEnd()
      kept = Array.from({ length: count }, (_, index) => keep(index + 1, topics))
      const opened = await Promise.allSettled(kept.map((one) => one.opened))
      const failed = opened.find((one) => one.status === 'rejected')
      if (failed === undefined) return
      await close()
      throw failed.reason
    },
    ready: () => kept.flatMap(({ ready }) => ready ?? []),
    lively: () => kept.flatMap(({ ready, isLively }) => (ready !== undefined && isLively ? ready : [])),
    askAll,
    statuses: () => ({
      statuses: kept.flatMap(({ status }) => status ?? []),
      troubles: kept.flatMap(({ trouble }) => trouble ?? []),
    }),
    close,
  }
}

/** Waits until a thread has done something, which it answers, or gives no sign of life. */
async function isDone({ pulse }: Thread, work: Promise<void>): Promise<boolean> {
  const done = new AbortController()
  const isSilent = async (): Promise<boolean> => {
    let seen: number
    do {
      seen = pulse.ticks()
      await pause(SILENT_MS, undefined, { ref: false, signal: done.signal })
    } while (pulse.ticks() !== seen)
    return true
  }
  try {
    return !(await Promise.race([work.then(() => false), isSilent()]))
  } finally {
    done.abort()
  }
}
