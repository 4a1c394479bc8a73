import type { Effect } from '../plugin/effects.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { EventRef } from './event-ref.ts'
import type { Change } from './inboxes.ts'
import type { Position } from './positions.ts'

/** The effects of one plugin for one event, in order. */
export interface PluginEffects {
  readonly plugin: string
  readonly effects: readonly Effect[]
}

/** One decided record; `event` is absent if the record could not be decoded as an event. */
export interface Entry {
  readonly offset: number
  readonly event?: EventRef
  readonly effects: readonly PluginEffects[]
  readonly deadLetters: readonly DeadLetter[]
}

/** Entries of one partition in the order of their offsets. They are applied only if the partition's position is `from`, which becomes `next`. */
export interface Slice {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly next: number
  readonly entries: readonly Entry[]
}

/** Slices that are applied in one transaction, in this order. `at` is the `createdAt` of new notifications, in milliseconds since 1970. */
export interface Batch {
  readonly at: number
  readonly slices: readonly Slice[]
}

/** The place of an event that had been applied before. */
export interface Repeat {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Present if the event that was applied has other content: the store's hashes of both. Where a store has not kept one, it cannot detect that. */
  readonly other?: { readonly applied: string; readonly sent: string }
}

/**
 * A notification that did not reach an audience or a person when it was applied: its key had been withdrawn, it had expired, or an audience that it
 * is for had no members.
 */
export interface Unsent {
  readonly plugin: string
  readonly message: string
  readonly reason: 'withdrawn' | 'expired' | 'empty_audience'
  /** The event that it comes from, with its place. */
  readonly event: Pick<EventRef, 'source' | 'id' | 'type'>
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The result of applying a batch. */
export interface Applied {
  /** One for each person whose inbox changed. */
  readonly changes: readonly Change[]
  /** Partitions whose position was not `from`, each with its position: none of their entries was applied. */
  readonly lost: readonly Position[]
  /** Events that had been applied before: they have no effects and no dead letters. */
  readonly repeats: readonly Repeat[]
  /** The number of notifications to people who are erased; they were dropped. */
  readonly dropped: number
  /** Notifications that were not sent for another reason. */
  readonly unsent: readonly Unsent[]
  /** People who were erased. */
  readonly erased: readonly string[]
  /** The number of large audiences that `fanOut` has to reach now. */
  readonly fanOuts: number
}

/** Applies decided records. */
export interface Batches {
  apply(batch: Batch): Promise<Applied>
}
