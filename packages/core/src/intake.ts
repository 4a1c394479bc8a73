import { BelfryError } from '@belfry/contracts/errors'
import { backOff } from './back-off.ts'
import { type BatchReport, createCommit } from './commit.ts'
import { createDecide } from './decide.ts'
import { coreErrors } from './errors.ts'
import type { Host } from './host.ts'
import { type Log, silent } from './log.ts'
import type { Chunk, Source } from './source.ts'
import type { Applied, Batch, Store } from './store.ts'

export interface IntakeOptions {
  readonly source: Source
  readonly store: Store
  readonly host: Host
  /** Told what each transaction did, after its commit. */
  readonly onApplied: (report: BatchReport) => void
  readonly log?: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Events older than this many milliseconds keep audiences and profiles up to date and notify nobody. A day unless said otherwise. */
  readonly notifyMaxAge?: number
}

/** What a topic is doing. */
export type TopicState = 'not started' | 'running' | 'paused'

/** How the intake is doing. `waiting` says in words what it waits for, when the store or the log is away, or slow. */
export interface IntakeStatus {
  readonly topics: readonly { readonly topic: string; readonly state: TopicState }[]
  readonly waiting?: string
}

/** The path from topic to inbox. */
export interface Intake {
  /** Finds the topics' partitions and positions; nothing is taken of them before `start`. */
  open(topics: readonly string[]): Promise<void>
  /**
   * Begins with these topics, save those that an operator has paused.
   * @throws TOPIC_UNKNOWN, as `pause` and `resume` do
   */
  start(...topics: readonly string[]): void
  /** Pauses a topic until it is resumed, beyond a restart; resolves when nothing more of it is applied. */
  pause(topic: string): Promise<void>
  resume(topic: string): Promise<void>
  status(): IntakeStatus
  /** Finishes the transaction under way, and takes no more. */
  close(): Promise<void>
}

/** Whoever has a transaction under way for longer than so many milliseconds waits for a lock, or for a store that is slow. */
const SLOW = 2_000
/** At most so many records are decided at a time; what a transaction holds is limited again, in notifications. */
const MOST_RECORDS = 500

/**
 * Reads, decides, applies, pushes and advances, one batch after another. While a transaction is under way the next batch gathers
 * in the source: one event alone is applied at once, a flood in large batches.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { source, store, host, onApplied, log = silent, clock = Date.now, notifyMaxAge = 86_400_000 } = options
  const states = new Map<string, TopicState>()
  const decide = createDecide({ host, log, clock, notifyMaxAge })
  const closing = new AbortController()
  let waiting: string | undefined
  /** When the transaction under way began, in milliseconds since 1970. */
  let began: number | undefined
  const apply = async (next: Batch): Promise<Applied> => {
    began = clock()
    try {
      return await store.apply(next)
    } finally {
      began = undefined
    }
  }
  const commit = createCommit({
    source,
    store: { apply },
    onApplied,
    log,
    clock,
    closing: closing.signal,
    wait: (why) => (waiting = why),
  })
  let running: Promise<void> | undefined
  /** The batch that is under way, or was the last. */
  let batch = Promise.resolve()
  const paused = new Set<string>()
  /** The last pause or resumption. */
  let last = Promise.resolve()

  const run = async () => {
    while (!closing.signal.aborted) {
      const chunks = await take()
      if (chunks.length === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      batch = promise
      try {
        await commit(await decide(chunks.filter(isWanted)))
      } finally {
        resolve()
      }
    }
  }

  /** What the log was still reading when its topic was paused is given back: whoever paused it has been answered. */
  const isWanted = ({ topic, partition, from }: Chunk): boolean => {
    const wanted = !paused.has(topic)
    if (!wanted) source.rewind({ topic, partition, next: from })
    return wanted
  }

  /** Takes the next records; a log that is away is asked again, for ever. */
  const take = async (): Promise<readonly Chunk[]> => {
    for (let tries = 0; ; tries++) {
      try {
        const chunks = await source.take(MOST_RECORDS, () => (waiting = undefined))
        waiting = undefined
        return chunks
      } catch (error) {
        if (closing.signal.aborted) return []
        waiting = error instanceof BelfryError ? error.sentence : 'the log of events cannot be read'
        if (tries === 0) log.error({ err: error }, waiting)
        await backOff(tries, closing.signal)
      }
    }
  }

  /** One after the other, in the order in which they were asked for, or the store might keep another than the last. */
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = last.then(act)
    last = done.catch(() => {})
    return done
  }
  const known = (topic: string) => {
    if (!states.has(topic)) throw coreErrors.TOPIC_UNKNOWN({ topic, topics: [...states.keys()].join(', ') })
  }
  const begin = (topic: string) => {
    states.set(topic, 'running')
    source.resume(topic)
  }

  return {
    async open(topics) {
      for (const topic of await store.pausedTopics()) paused.add(topic)
      await source.open(topics, store.beginAt)
      for (const topic of topics) states.set(topic, paused.has(topic) ? 'paused' : 'not started')
      running = run()
    },
    start(...topics) {
      topics.forEach(known)
      for (const topic of topics) if (!paused.has(topic)) begin(topic)
    },
    async pause(topic) {
      known(topic)
      await inTurn(async () => {
        await store.setPaused(topic, true)
        paused.add(topic)
        states.set(topic, 'paused')
        source.pause(topic)
      })
      // What was taken before is applied.
      await batch
    },
    async resume(topic) {
      known(topic)
      await inTurn(async () => {
        await store.setPaused(topic, false)
        paused.delete(topic)
        begin(topic)
      })
    },
    status() {
      const under = began === undefined ? 0 : clock() - began
      const slow =
        under > SLOW ? `a transaction that has been under way for ${Math.floor(under / 1_000)} seconds` : undefined
      const why = waiting ?? slow
      return {
        topics: [...states].map(([topic, state]) => ({ topic, state })),
        ...(why !== undefined && { waiting: why }),
      }
    },
    async close() {
      closing.abort()
      await source.close()
      await running
    },
  }
}
