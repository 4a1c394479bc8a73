import type { Host, IntakeStatus, Store } from '@belfry/core'
import type { Logger } from 'pino'
import { type Config, WORKER_MEMORY_MB } from '../config/schema.ts'
import type { LineWriter } from '../logger.ts'
import { createBlame } from './blame.ts'
import { createThread, type Ended, type Thread, ThreadEnded } from './create-thread.ts'
import { letLoopsEnd } from './heap-watch.ts'
import { type KeptThread, keepThread } from './keep-thread.ts'
import type { News, Question } from './protocol.ts'
import { createPulse } from './pulse.ts'
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
  readonly onNews: (news: News) => void
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
  /** Those that can be asked. */
  ready(): readonly Thread[]
  /** Asks all that run, ready or not. What one that ends meanwhile has not done, it finds in the store when it is started anew. */
  askAll(question: Question): Promise<void>
  /** What those that run say of themselves, and what is wrong with the others. */
  statuses(): { readonly statuses: readonly IntakeStatus[]; readonly troubles: readonly string[] }
  close(): Promise<void>
}

/** After a thread has ended, handlers run one at a time for so long: should it happen again, it is known which one it was. */
const CAREFUL = 300_000

/** Prepares threads; each is told to start the topics that are `wanted` once it is ready. */
export function keepThreads(options: KeepThreadsOptions, wanted: () => Iterable<string>): KeptThreads {
  const { config, plugins, host, count, store, log, lines, onNews, onMissed, onDoubt, onRestart, people } = options
  const { memoryMb = config.kafka?.worker_memory_mb ?? WORKER_MEMORY_MB } = options
  const closing = new AbortController()
  const names = { topics: host.topics, plugins: host.plugins.map(({ id }) => id) }
  const watchdog = createWatchdog(options.ticks)
  let kept: readonly KeptThread[] = []
  let carefulUntil = 0

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
    await Promise.all(running().map((thread) => thread.ask(question).then(() => {}, endedIsDone)))
  }
  const tellCareful = (thread: Thread) => {
    const ms = carefulUntil - performance.now()
    if (ms > 0) thread.post({ kind: 'careful', ms })
  }
  const beCareful = () => {
    carefulUntil = performance.now() + CAREFUL
    running().forEach(tellCareful)
  }
  /** Whoever takes over its partitions must know what is not to be given to whom. One that is silent too is not waited for. */
  const letOthersLook = () => void askAll({ of: 'look' }).catch(() => {})

  const onReady = (thread: Thread) => {
    thread.post({ kind: 'presence', people: [...people()], here: true })
    tellCareful(thread)
    // One that ends meanwhile is told again when it is started anew.
    thread.ask({ of: 'start', topics: [...wanted()] }).catch(() => {})
    // What the one before it has committed last was told to nobody.
    onMissed()
  }
  const onSilent = async ({ pulse }: Thread) => {
    beCareful()
    const culprit = pulse.culprit('intake')
    // A dead letter that is tried again is to blame alone: the intake's event was only there.
    if (culprit === undefined || pulse.culprit('retry') !== undefined) return
    await blame.silent(culprit)
    letOthersLook()
  }
  const onDied = async (ended: Ended) => {
    beCareful()
    onMissed()
    if (ended.retrying !== undefined) return
    await blame.died(ended)
    letOthersLook()
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
            if (said.kind === 'applied') onNews(said.news)
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
    askAll,
    statuses: () => ({
      statuses: kept.flatMap(({ status }) => status ?? []),
      troubles: kept.flatMap(({ trouble }) => trouble ?? []),
    }),
    close,
  }
}
