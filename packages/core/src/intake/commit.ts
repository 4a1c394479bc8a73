import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { backOff } from '../flow/back-off.ts'
import { coreLimits } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Applied, Batches, Repeat, Slice } from '../ports/batches.ts'
import type { Source } from '../ports/source.ts'
import { type Decided, type DecidedSlice, deadLetterOf } from './decide.ts'
import { sayDeadLetters } from './say-dead-letters.ts'
import { splitByNotifications, splitInHalves } from './split.ts'

/** What one transaction was given, and what it did. */
export interface BatchReport {
  readonly slices: readonly DecidedSlice[]
  /** Of these, what was applied: without what was lost, and without repeats. */
  readonly news: readonly DecidedSlice[]
  readonly applied: Applied
  /** How long the transaction took, in milliseconds. */
  readonly took: number
}

export interface CommitOptions {
  readonly source: Pick<Source, 'advance' | 'rewind'>
  readonly batches: Batches
  /** Told what each transaction did, after its commit. */
  readonly onApplied: (report: BatchReport) => void
  readonly log: Log
  readonly clock: () => number
  readonly closing: AbortSignal
  /** Told why it waits, and `undefined` when it goes on. */
  readonly wait: (why: string | undefined) => void
}

/**
 * Makes the function that applies decided records: one transaction, then the push, then the source moves on. A store that is
 * away is asked again for ever; a batch that the store refuses is halved until the one event is found, which becomes a dead letter.
 */
export function createCommit({
  source,
  batches,
  onApplied,
  log,
  clock,
  closing,
  wait,
}: CommitOptions): (slices: readonly DecidedSlice[]) => Promise<void> {
  /** Applies as soon as the store can; answers why it never will, or nothing once it is done or closing. */
  const apply = async (
    slices: readonly DecidedSlice[],
  ): Promise<BatchReport | { readonly refused: unknown } | undefined> => {
    for (let tries = 0; !closing.aborted || tries === 0; tries++) {
      try {
        const began = performance.now()
        const applied = await batches.apply({ at: clock(), slices })
        wait(undefined)
        return { slices, news: newsOf(slices, applied), applied, took: performance.now() - began }
      } catch (error) {
        if (!isTransient(error)) return { refused: error }
        wait(error.sentence)
        if (tries === 0) log.error({ err: error }, 'the store is away: the intake waits and tries again')
        await backOff(tries, { signal: closing })
      }
    }
    return undefined
  }

  const commit = async (slices: readonly DecidedSlice[]): Promise<void> => {
    for (;;) {
      const report = await apply(slices)
      if (report === undefined) return
      if (!('refused' in report)) return settle(report)
      const halves = splitInHalves(slices)
      if (halves) {
        for (const half of halves) await commit(half)
        return
      }
      const kept = await applyAsLetters(slices, report.refused)
      if (kept === undefined) return
      if (!('refused' in kept)) return settle(kept)
      // What refuses even the dead letter does not refuse the event: something else is wrong, and may be mended. Then it is told.
      log.error({ err: kept.refused }, 'the store refuses a dead letter: the intake waits and tries again')
      wait(kept.refused instanceof BelfryError ? kept.refused.sentence : 'the store refuses a dead letter')
      await backOff(6, { signal: closing })
      if (closing.aborted) return
    }
  }

  /** Keeps as a dead letter the one event that was refused; where there is none, there is nothing that could be kept. */
  const applyAsLetters = async (slices: readonly DecidedSlice[], refused: unknown) => {
    if (!slices.some(({ entries }) => entries.length > 0)) return { refused }
    return apply(
      slices.map((slice) => ({ ...slice, entries: slice.entries.map((entry) => asDeadLetter(entry, refused)) })),
    )
  }

  const settle = (report: BatchReport): void => {
    const { slices, applied } = report
    sayDeadLetters(report.news, log)
    tell(report)
    for (const position of applied.lost) {
      log.warn({ ...position }, 'somebody else has applied this partition: going on from its position')
      source.rewind(position)
    }
    source.advance(
      slices
        .filter((slice) => !isLost(slice, applied))
        .map(({ topic, partition, next }) => ({ topic, partition, next })),
    )
  }

  /** The inbox has it: a push that fails costs nobody more than a resume. */
  const tell = (report: BatchReport) => {
    try {
      onApplied(report)
    } catch (error) {
      log.error({ err: error }, 'what was applied could not be pushed')
    }
  }

  return async (slices) => {
    for (const part of splitByNotifications(slices, coreLimits.TRANSACTION_NOTIFICATIONS.most)) {
      if (closing.aborted) return
      await commit(part)
    }
  }
}

const isLost = ({ topic, partition }: Slice, { lost }: Applied) =>
  lost.some((position) => position.topic === topic && position.partition === partition)

/** The dead letter of an event whose effects the store refused, all plugins' together: which one is to blame, the store cannot say. */
function asDeadLetter(entry: Decided, refused: unknown): Decided {
  const plugins = entry.effects.map(({ plugin }) => plugin).join(', ')
  const why = refused instanceof BelfryError ? refused.sentence : String(refused)
  const letter = deadLetterOf(entry.record, coreErrors.EVENT_REFUSED({ plugins, why }), {
    ...(entry.event && { type: entry.event.type }),
  })
  return { ...entry, effects: [], deadLetters: [letter] }
}

/** What was new to the store. */
function newsOf(slices: readonly DecidedSlice[], applied: Applied): readonly DecidedSlice[] {
  const placeOf = ({ topic, partition, offset }: Repeat) => `${partition} ${offset} ${topic}`
  const repeats = new Set(applied.repeats.map(placeOf))
  return slices
    .filter((slice) => !isLost(slice, applied))
    .map((slice) => ({
      ...slice,
      entries: slice.entries.filter(({ offset }) => !repeats.has(placeOf({ ...slice, offset }))),
    }))
}
