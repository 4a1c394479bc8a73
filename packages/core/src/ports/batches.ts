import type { Effect } from '../plugin/effects.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { EventRef } from './event-ref.ts'
import type { Change } from './inboxes.ts'
import type { Position } from './positions.ts'

/** What one plugin wants done about one event, in order. */
export interface PluginEffects {
  readonly plugin: string
  readonly effects: readonly Effect[]
}

/** One record, decided: `event` is absent where the record could not be read as one. */
export interface Entry {
  readonly offset: number
  readonly event?: EventRef
  readonly effects: readonly PluginEffects[]
  readonly deadLetters: readonly DeadLetter[]
}

/** Entries of one partition in the order of their offsets; applied only where the partition's position is `from`, which becomes `next`. */
export interface Slice {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly next: number
  readonly entries: readonly Entry[]
}

/** What is applied in one transaction, in this order. `at` is the moment, in milliseconds since 1970, that new notifications carry. */
export interface Batch {
  readonly at: number
  readonly slices: readonly Slice[]
}

/** Where an event stands that had been applied before. */
export interface Repeat {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What became of a batch. */
export interface Applied {
  /** One for each person whose inbox changed. */
  readonly changes: readonly Change[]
  /** Partitions whose position was not `from`, with the position they have: nothing of them was applied. */
  readonly lost: readonly Position[]
  /** Events that had been applied before: they had no effects, and left no dead letters. */
  readonly repeats: readonly Repeat[]
  /** Notifications to people who are erased: they went nowhere. */
  readonly dropped: number
  /** People who were erased. */
  readonly erased: readonly string[]
  /** Large audiences that `fanOut` has to reach now. */
  readonly fanOuts: number
}

/** Applies what was decided. */
export interface Batches {
  apply(batch: Batch): Promise<Applied>
}
