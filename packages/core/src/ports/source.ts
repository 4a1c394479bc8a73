import type { BelfryError } from '@belfry/contracts/errors'
import type { Position, Positions } from './positions.ts'

/** One record of a partition, as a topic holds it. */
export interface SourceRecord {
  /** Below 2^53. */
  readonly offset: number
  /** When the log accepted it, in milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** How its attributes had to be read: as Latin-1, where they are not UTF-8, or as the last of several headers with one name. */
  readonly forms?: readonly SourceForm[]
  /** Present if the record is over a limit of the source; then `key` and `value` are null, and `headers` is empty. */
  readonly unread?: Unread
}

export type SourceForm = 'latin1_attributes' | 'repeated_attributes'

/** A record that was not read: it becomes a dead letter with this error. */
export interface Unread {
  readonly error: BelfryError
  /** The size of the record in its log, decompressed, in bytes; absent if the source cannot determine it. */
  readonly size?: number
}

/** Records of one partition in the order of their offsets, and the position before and after them. Offsets may have gaps. */
export interface Chunk {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** What the log has lost between `from` and the first record, in words. */
  readonly gone?: string
}

/** The position of a partition, and the end of its log. */
export interface Progress extends Position {
  readonly end: number
  /** How many offsets are still to be read: `end - next`, or all of the log if `next` belongs to another log. */
  readonly lag: number
  /** Why nothing is read until an operator decides where the partition continues, in words. */
  readonly stranded?: string
  /** When the log accepted the next record that is not applied, in milliseconds since 1970; absent if there is none. */
  readonly oldest?: number
}

/** Where the partitions of a log stand. It reads no records. */
export interface LogView {
  /** Where every partition stands. */
  progress(): Promise<readonly Progress[]>
  /**
   * Checks that a partition can be read from this position, and returns the position with its log.
   * @throws POSITION_OUTSIDE, LOG_UNAVAILABLE
   */
  locate(position: Position): Promise<Position>
  /** Releases everything. */
  close(): Promise<void>
}

/**
 * Where events come from. It returns the records of a partition in order, each once until `rewind`; what has been applied is decided by the
 * store's positions alone.
 */
export interface Source extends LogView {
  /** Finds the partitions of the topics and where each begins. No record of a topic is returned before `resume(topic)`. */
  open(topics: readonly string[], positions: Positions): Promise<void>
  /**
   * Waits until a resumed topic has records, and returns at most `limit` of them, over all partitions; `[]` once it is stopped. A chunk
   * may have no records: then only its position moves. `onIdle` is called when there is nothing to return: an earlier error is over then.
   */
  take(limit: number, onIdle?: () => void): Promise<readonly Chunk[]>
  /** Called after each transaction with the new positions; the source may forget what lies below them. */
  advance(positions: readonly Position[]): void
  /** Continues from this position: what lies below is applied, and what was taken beyond it is not, or by another instance. */
  rewind(position: Position): void
  /** Stops returning records of the topic until `resume`. */
  pause(topic: string): void
  resume(topic: string): void
  /** Positions may have been moved in the store: soon continues from where they are now. */
  refresh(): void
  /** What it cannot do for now, in words, or undefined: brokers that are away, a partition that waits for an operator. */
  trouble(): string | undefined
  /** Ends `take`. What was taken may still be advanced. */
  stop(): void
  /** Stops, and releases everything. */
  close(): Promise<void>
}
