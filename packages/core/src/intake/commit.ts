import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { backOff } from '../flow/back-off.ts'
import { coreLimits } from '../limits.ts'
import type { Logger } from '../logger.ts'
import type { Applied, Batch, Batches, Repeat, Slice } from '../ports/batches.ts'
import type { Position } from '../ports/positions.ts'
import { logDeadLetters } from './dead-letters.ts'
import type { DecidedSlice } from './decide.ts'
import { leftOfRefused } from './records/refused.ts'
import { logReusedIds, type ReusedId, reusedIdsOf } from './records/reused-ids.ts'
import { splitByNotifications, splitInHalves } from './split.ts'

/** What one transaction was given, and what it did. */
export interface BatchReport {
  readonly slices: readonly DecidedSlice[]
  /** Of these, what was applied: without partitions that were lost, and without repeats. */
  readonly appliedSlices: readonly DecidedSlice[]
  readonly applied: Applied
  /** The repeats whose content is not that of the event that was applied. */
  readonly reusedIds: readonly ReusedId[]
  /** How long the transaction took, in milliseconds. */
  readonly took: number
}

export interface CommitterOptions {
  readonly batches: Batches
  /** Called with each partition that another instance has applied, and where it stands now. */
  readonly rewind: (position: Position) => void
  /** Called after each transaction with how far partitions are applied. */
  readonly advance: (positions: readonly Position[]) => void
  /** Called with what each transaction did, after its commit. */
  readonly onApplied: (report: BatchReport) => void
  readonly logger: Logger
  readonly clock: () => number
  readonly closing: AbortSignal
}

/** A transaction that has been under way for longer than this many milliseconds waits for a lock, or for a store that is slow. */
const SLOW_TRANSACTION_MS = 2_000
/** How many tries the wait is as long as that follows a dead letter that the store refuses. */
const REFUSED_LETTER_TRIES = 6

/** Why the store will never apply a batch. */
interface Refusal {
  readonly refused: unknown
}

/**
 * Applies decided records: one transaction, then the push, then the source moves on. Where the store is away it tries again, without an
 * end. A batch that the store refuses is halved until the one event is found, which becomes a dead letter.
 */
export class Committer {
  readonly #options: CommitterOptions
  /** Why nothing can be applied for now, in words. */
  #waitsFor: string | undefined
  /** When the transaction under way began, in milliseconds since 1970. */
  #beganAt: number | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Resolves when all is applied, or given up because it is closing. */
  async commit(slices: readonly DecidedSlice[]): Promise<void> {
    for (const part of splitByNotifications(slices, coreLimits.TRANSACTION_NOTIFICATIONS.most)) {
      if (this.#options.closing.aborted) return
      await this.#commitPart(part)
    }
  }

  /** Why nothing can be applied for now, or that the transaction under way takes long, in words. */
  trouble(): string | undefined {
    if (this.#waitsFor !== undefined) return this.#waitsFor
    const ms = this.#beganAt === undefined ? 0 : this.#options.clock() - this.#beganAt
    if (ms <= SLOW_TRANSACTION_MS) return undefined
    return `a transaction that has been under way for ${Math.floor(ms / 1_000)} seconds`
  }

  async #commitPart(slices: readonly DecidedSlice[]): Promise<void> {
    const { logger, closing } = this.#options
    for (;;) {
      const report = await this.#apply(slices)
      if (report === undefined) return
      if (!('refused' in report)) return this.#settle(report)
      const halves = splitInHalves(slices)
      if (halves) {
        for (const half of halves) await this.#commitPart(half)
        return
      }
      const kept = await this.#applyAsLetters(slices, report.refused)
      if (kept === undefined) return
      if (!('refused' in kept)) return this.#settle(kept)
      // Where even the dead letter is refused, it is not because of the event. The cause may be removed; then the event is applied.
      logger.error({ err: kept.refused }, 'the store refuses a dead letter: the intake waits and tries again')
      this.#waitsFor = kept.refused instanceof BelfryError ? kept.refused.sentence : 'the store refuses a dead letter'
      await backOff(REFUSED_LETTER_TRIES, { signal: closing })
      if (closing.aborted) return
    }
  }

  /** Applies as soon as the store can; undefined where it is closing before that. */
  async #apply(slices: readonly DecidedSlice[]): Promise<BatchReport | Refusal | undefined> {
    const { logger, clock, closing } = this.#options
    for (let tries = 0; !closing.aborted || tries === 0; tries++) {
      try {
        const began = performance.now()
        const applied = await this.#transact({ at: clock(), slices })
        this.#waitsFor = undefined
        const took = performance.now() - began
        const reusedIds = reusedIdsOf(slices, applied.repeats)
        return { slices, appliedSlices: appliedOf(slices, applied), applied, reusedIds, took }
      } catch (error) {
        if (!isTransient(error)) return { refused: error }
        this.#waitsFor = error.sentence
        if (tries === 0) logger.error({ err: error }, 'the store is away: the intake waits and tries again')
        await backOff(tries, { signal: closing })
      }
    }
    return undefined
  }

  async #transact(batch: Batch): Promise<Applied> {
    const { batches, clock } = this.#options
    this.#beganAt = clock()
    try {
      // On Postgres, `apply.ts` of packages/postgres.
      return await batches.apply(batch)
    } finally {
      this.#beganAt = undefined
    }
  }

  /** Keeps of the one event that was refused what the store accepts; without one, nothing is kept. */
  async #applyAsLetters(slices: readonly DecidedSlice[], refused: unknown): Promise<BatchReport | Refusal | undefined> {
    let refusal: Refusal = { refused }
    for (const left of slices.flatMap(({ entries }) => entries.flatMap((entry) => leftOfRefused(entry, refused)))) {
      const report = await this.#apply(slices.map((slice) => ({ ...slice, entries: [left] })))
      if (report === undefined || !('refused' in report)) return report
      refusal = report
    }
    return refusal
  }

  #settle(report: BatchReport): void {
    const { logger, rewind, advance } = this.#options
    const { slices, applied } = report
    logDeadLetters(report.appliedSlices, logger)
    logReusedIds(report.reusedIds, logger)
    this.#push(report)
    for (const position of applied.lost) {
      logger.warn({ ...position }, 'another consumer has applied this partition: continuing from its position')
      rewind(position)
    }
    advance(
      slices
        .filter((slice) => !isLost(slice, applied))
        .map(({ topic, partition, next }) => ({ topic, partition, next })),
    )
  }

  /** The inbox has it: where a push fails, clients get it when they resume. */
  #push(report: BatchReport): void {
    const { logger, onApplied } = this.#options
    try {
      onApplied(report)
    } catch (error) {
      logger.error({ err: error }, 'what was applied could not be pushed')
    }
  }
}

const isLost = ({ topic, partition }: Slice, { lost }: Applied) =>
  lost.some((position) => position.topic === topic && position.partition === partition)

/** What was applied of these slices. */
function appliedOf(slices: readonly DecidedSlice[], applied: Applied): readonly DecidedSlice[] {
  const placeOf = ({ topic, partition, offset }: Repeat) => `${partition} ${offset} ${topic}`
  const repeats = new Set(applied.repeats.map(placeOf))
  return slices
    .filter((slice) => !isLost(slice, applied))
    .map((slice) => ({
      ...slice,
      entries: slice.entries.filter(({ offset }) => !repeats.has(placeOf({ ...slice, offset }))),
    }))
}
