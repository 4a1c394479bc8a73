import { coreErrors } from '../errors.ts'
import type { Place } from '../host/incoming.ts'
import type { RecordWatch } from '../host/watch.ts'
import { coreLimits } from '../limits.ts'
import type { Logger } from '../logger.ts'
import type { Chunk } from '../ports/source.ts'
import type { Committer } from './commit.ts'
import type { DecidedSlice, Decider } from './decide.ts'
import type { Decisions } from './decisions.ts'
import { partsOf } from './parts-of.ts'
import type { Taker } from './taker.ts'
import type { TopicStates } from './topic-states.ts'
import { createTypeGuard, MOST_TYPELESS, type TypeGuard } from './type-guard.ts'

/** Notified which record is on its way, from its decoding to the end of its transaction, while records are taken one at a time. */
export interface Alone extends RecordWatch {
  /** Whether they are. */
  wanted(): boolean
}

export interface PumpOptions {
  readonly taker: Taker
  readonly topics: TopicStates
  readonly decisions: Decisions
  readonly decider: Decider
  readonly committer: Committer
  readonly alone: Alone | undefined
  readonly logger: Logger
  readonly closing: AbortSignal
}

/** How much is decoded at once; what a transaction holds has a limit of its own, in notifications. */
const MOST = { records: coreLimits.DECODED_RECORDS.most, bytes: coreLimits.DECODED_BYTES.most }
const ONE = { ...MOST, records: 1 }

/** Takes, decides and commits, one batch after the other. While a transaction is under way the next batch gathers in the source. */
export class Pump {
  readonly #options: PumpOptions
  readonly #guard: TypeGuard
  /** The batch that is under way, or was the last. */
  #batch = Promise.resolve()

  constructor(options: PumpOptions) {
    this.#options = options
    this.#guard = createTypeGuard(options.topics)
  }

  /** Resolves once it is closing, or the source is stopped. */
  async run(): Promise<void> {
    const { taker, alone, closing } = this.#options
    while (!closing.aborted) {
      const chunks = await taker.take(MOST.records)
      if (chunks.length === 0) return
      for (const part of partsOf(chunks, () => (alone?.wanted() === true ? ONE : MOST))) {
        if (closing.aborted) return
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#batch = promise
        try {
          await this.#handle(part)
        } finally {
          alone?.leave()
          resolve()
        }
      }
    }
  }

  /** Resolves once the batch under way has been applied, or given back. */
  batchDone(): Promise<void> {
    return this.#batch
  }

  async #handle(part: readonly Chunk[]): Promise<void> {
    const { decisions, decider, committer, alone, closing } = this.#options
    const only = alone?.wanted() === true ? placeOf(part) : undefined
    if (only) alone?.enter(only)
    const until = performance.now() + coreLimits.DECIDING.most
    const { reasonBlocked } = decisions
    const chunks = part.filter((chunk) => this.#isToDecide(chunk))
    const slices = await decider.decide(chunks, { until, ...(reasonBlocked && { blocked: reasonBlocked }) })
    this.#quarantineStrangers(slices)
    await committer.commit(slices.filter((slice) => this.#isToCommit(slice)))
    // After what lies before it is applied: the source forgets what lies below a position that it is given.
    if (!closing.aborted) this.#giveBackUndecided(chunks, slices)
  }

  /**
   * Gives back what the source was still reading when its topic was paused: the call that paused it may have returned, and nothing more of
   * it is applied after that.
   */
  #isToDecide(chunk: Chunk): boolean {
    const { topics, taker } = this.#options
    const isPaused = topics.isPaused(chunk.topic) || topics.isQuarantined(chunk.topic)
    if (isPaused) taker.giveBack(chunk)
    return !isPaused && !taker.isGivenBack(chunk)
  }

  #quarantineStrangers(slices: readonly DecidedSlice[]): void {
    const { topics, decisions, logger } = this.#options
    for (const topic of this.#guard.strangers(slices)) {
      if (topics.isQuarantined(topic)) continue
      const { code, sentence, remedy } = coreErrors.TOPIC_NOT_CLOUDEVENTS({ topic, count: MOST_TYPELESS })
      logger.error({ code, topic, remedy }, sentence)
      decisions.quarantine(topic, sentence)
    }
  }

  /** Gives back what was read of a topic that is quarantined; leaves out what has nothing to commit. */
  #isToCommit(slice: DecidedSlice): boolean {
    const { topics, taker } = this.#options
    if (!topics.isQuarantined(slice.topic)) return slice.next > slice.from || slice.entries.length > 0
    taker.giveBack(slice)
    return false
  }

  #giveBackUndecided(chunks: readonly Chunk[], slices: readonly DecidedSlice[]): void {
    chunks.forEach((chunk, index) => {
      const { topic, partition, next } = slices[index] ?? chunk
      if (next < chunk.next) this.#options.taker.giveBack({ topic, partition, from: next })
    })
  }
}

/**
 * Where the only record of a part lies. Undefined where it has several: it was cut before records were taken one at a time, and `wanted`
 * can change at any moment, since another thread decides it.
 */
function placeOf(part: readonly Chunk[]): Place | undefined {
  const places = part.flatMap(({ topic, partition, records }) =>
    records.slice(0, 2).map(({ offset }) => ({ topic, partition, offset })),
  )
  return places.length === 1 ? places[0] : undefined
}
