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
import type { Taken, Taker } from './taker.ts'
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

/** After so many records at once there are probably more. */
const BACKLOG_RECORDS = MOST.records / 2

/** What has been decided of a part of what was taken. */
interface DecidedPart {
  readonly taken: Taken
  readonly chunks: readonly Chunk[]
  readonly slices: readonly DecidedSlice[]
  /** Called once it is applied, or given back. */
  readonly done: () => void
}

/**
 * Takes, decides and commits, one batch after the other. While a transaction is under way the next batch gathers in the source; that of a
 * backlog is decided meanwhile.
 */
export class Pump {
  readonly #options: PumpOptions
  readonly #guard: TypeGuard
  /** The batch that was begun last: those before it are applied sooner. */
  #batch = Promise.resolve()
  /** Ends it. */
  #done = () => {}

  constructor(options: PumpOptions) {
    this.#options = options
    this.#guard = createTypeGuard(options.topics)
  }

  /** Resolves once it is closing, or the source is stopped. */
  async run(): Promise<void> {
    const { taker, alone, closing } = this.#options
    let applying = Promise.resolve()
    try {
      while (!closing.aborted) {
        const taken = await taker.take(MOST.records)
        if (taken.chunks.length === 0) break
        for (const part of partsOf(taken.chunks, () => (alone?.wanted() === true ? ONE : MOST))) {
          if (alone?.wanted() === true) await applying
          if (closing.aborted) break
          const decided = await this.#decide(taken, part)
          await applying
          if (closing.aborted) break
          applying = this.#apply(decided)
          if (alone?.wanted() === true || !isOfBacklog(decided)) await applying
        }
      }
      await applying
    } finally {
      alone?.leave()
      this.#done()
    }
  }

  /** Resolves when what has been taken until now is applied, or given back. */
  batchDone(): Promise<void> {
    return this.#batch
  }

  async #decide(taken: Taken, part: readonly Chunk[]): Promise<DecidedPart> {
    const { decisions, decider, alone } = this.#options
    const { promise, resolve: done } = Promise.withResolvers<void>()
    this.#batch = promise
    this.#done = done
    const only = alone?.wanted() === true ? placeOf(part) : undefined
    if (only) alone?.enter(only)
    const until = performance.now() + coreLimits.DECIDING.most
    const { reasonBlocked } = decisions
    const chunks = part.filter((chunk) => !this.#isWithheld(taken, chunk))
    const slices = await decider.decide(chunks, { until, ...(reasonBlocked && { blocked: reasonBlocked }) })
    return { taken, chunks, slices, done }
  }

  async #apply({ taken, chunks, slices, done }: DecidedPart): Promise<void> {
    const { committer, alone, closing } = this.#options
    try {
      // What has been given back is taken again, and counts then.
      this.#quarantineStrangers(slices.filter((slice) => !taken.isGivenBack(slice)))
      const isToCommit = (slice: DecidedSlice) => slice.next > slice.from || slice.entries.length > 0
      await committer.commit(slices.filter((slice) => !this.#isWithheld(taken, slice) && isToCommit(slice)))
      // After what lies before it is applied: the source forgets what lies below a position that it is given.
      if (!closing.aborted) this.#giveBackUndecided(taken, chunks, slices)
    } finally {
      alone?.leave()
      done()
    }
  }

  /**
   * Whether this is not applied: a part of it has been given back, or its topic was paused or quarantined meanwhile; then it is given back.
   * The call that paused it may have returned, and nothing more of it is applied after that.
   */
  #isWithheld(taken: Taken, one: Pick<Chunk, 'topic' | 'partition' | 'from'>): boolean {
    const { topics, taker } = this.#options
    if (topics.isPaused(one.topic) || topics.isQuarantined(one.topic)) taker.giveBack(taken, one)
    return taken.isGivenBack(one)
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

  #giveBackUndecided(taken: Taken, chunks: readonly Chunk[], slices: readonly DecidedSlice[]): void {
    chunks.forEach((chunk, index) => {
      const { topic, partition, next } = slices[index] ?? chunk
      if (next < chunk.next) this.#options.taker.giveBack(taken, { topic, partition, from: next })
    })
  }
}

/** Whether more follows at once, and nothing of this has to be decided before it. */
function isOfBacklog({ chunks, slices }: DecidedPart): boolean {
  const records = chunks.reduce((sum, chunk) => sum + chunk.records.length, 0)
  return records >= BACKLOG_RECORDS && chunks.every((chunk, index) => slices[index]?.next === chunk.next)
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
