import { BelfryError } from '@belfry/contracts/errors'
import { backOff } from './back-off.ts'
import { createCommit } from './commit.ts'
import { createDecide } from './decide.ts'
import { coreErrors } from './errors.ts'
import type { Host } from './host.ts'
import { type Log, silent } from './log.ts'
import type { Chunk, Source } from './source.ts'
import type { Change, Store } from './store.ts'

export interface IntakeOptions {
  readonly source: Source
  readonly store: Store
  readonly host: Host
  /** Given what each transaction changed, after its commit. */
  readonly push: (changes: readonly Change[]) => void
  readonly log?: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Events older than this many milliseconds keep audiences and profiles up to date and notify nobody. A day unless said otherwise. */
  readonly notifyMaxAge?: number
}

/** What a topic is doing. */
export type TopicState = 'not started' | 'running' | 'paused'

/** How the intake is doing. `waiting` says in words what it waits for, when the store or the log is away. */
export interface IntakeStatus {
  readonly topics: readonly { readonly topic: string; readonly state: TopicState }[]
  readonly waiting?: string
}

/** The path from topic to inbox. */
export interface Intake {
  /** Finds the topics' partitions and positions; nothing is taken of them before `start`. */
  open(topics: readonly string[]): Promise<void>
  /** @throws TOPIC_UNKNOWN, as `pause` and `resume` do */
  start(...topics: readonly string[]): void
  pause(topic: string): void
  resume(topic: string): void
  status(): IntakeStatus
  /** Finishes the transaction under way, and takes no more. */
  close(): Promise<void>
}

/** At most so many records are decided at a time; what a transaction holds is limited again, in notifications. */
const MOST_RECORDS = 500

/**
 * Reads, decides, applies, pushes and advances, one batch after another. While a transaction is under way the next batch gathers
 * in the source: one event alone is applied at once, a flood in large batches.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { source, store, host, push, log = silent, clock = Date.now, notifyMaxAge = 86_400_000 } = options
  const states = new Map<string, TopicState>()
  const decide = createDecide({ host, log, clock, notifyMaxAge })
  const closing = new AbortController()
  let waiting: string | undefined
  const commit = createCommit({
    source,
    store,
    push,
    log,
    clock,
    closing: closing.signal,
    wait: (why) => (waiting = why),
  })
  let running: Promise<void> | undefined

  const run = async () => {
    while (!closing.signal.aborted) {
      const chunks = await take()
      if (chunks.length === 0) return
      await commit(await decide(chunks))
    }
  }

  /** Takes the next records; a log that is away is asked again, for ever. */
  const take = async (): Promise<readonly Chunk[]> => {
    for (let tries = 0; ; tries++) {
      try {
        const chunks = await source.take(MOST_RECORDS)
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

  const move = (topic: string, state: 'running' | 'paused') => {
    if (!states.has(topic)) throw coreErrors.TOPIC_UNKNOWN({ topic, topics: [...states.keys()].join(', ') })
    states.set(topic, state)
    if (state === 'running') source.resume(topic)
    else source.pause(topic)
  }

  return {
    async open(topics) {
      await source.open(topics, store.beginAt)
      for (const topic of topics) states.set(topic, 'not started')
      running = run()
    },
    start(...topics) {
      for (const topic of topics) move(topic, 'running')
    },
    pause: (topic) => move(topic, 'paused'),
    resume: (topic) => move(topic, 'running'),
    status: () => ({
      topics: [...states].map(([topic, state]) => ({ topic, state })),
      ...(waiting !== undefined && { waiting }),
    }),
    async close() {
      closing.abort()
      await source.close()
      await running
    },
  }
}
