import type { BelfryError } from '@belfry/contracts/errors'
import type { Position, Positions } from './positions.ts'

/** One record of a partition, as a topic holds it. */
export interface SourceRecord {
  /** Below 2^53. */
  readonly offset: number
  /** When the log took it, in milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** Present where the record is over a limit of the source: `key` and `value` are null then, and `headers` is empty. */
  readonly unread?: Unread
}

/** A record that was not read: it becomes a dead letter with this error. */
export interface Unread {
  readonly error: BelfryError
  /** The size of the record in its log, decompressed, in bytes; absent where the source cannot find it out. */
  readonly size?: number
}

/** Records of one partition in the order of their offsets, and the position before and after them (offsets may have gaps). */
export interface Chunk {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** What the log has lost between `from` and the first record, in words: nobody can be told of it any more. */
  readonly gone?: string
}

/** Where a partition stands: its position, and the end that it could be read to (`end - next` is the lag in events). */
export interface Progress extends Position {
  readonly end: number
  /** How many offsets are still to be read: `end - next`, or all that the log has where `next` is of another log. */
  readonly lag: number
  /** Why nothing is read before an operator has decided where it goes on, in words. */
  readonly stranded?: string
  /** When the log took the next record that is not applied, in milliseconds since 1970; absent where there is none. */
  readonly oldest?: number
}

/**
 * Where events come from. It hands out records in order within a partition and never again before `rewind`;
 * what has been applied is decided by the store's positions alone.
 */
export interface Source {
  /** Finds the partitions of the topics and where each begins. No record of a topic comes before `resume(topic)`. */
  open(topics: readonly string[], positions: Positions): Promise<void>
  /**
   * Waits until a resumed topic has records, and takes at most `limit` of them, over all partitions; `[]` once it is stopped. A chunk
   * may have none: only its position moves. `onIdle` is told when there is nothing for us to take, so that whoever could not take before knows that this is over.
   */
  take(limit: number, onIdle?: () => void): Promise<readonly Chunk[]>
  /** Told after each transaction how far the partitions are applied, so that it may forget what lies below. */
  advance(positions: readonly Position[]): void
  /** Goes on from this position: what lies below is applied, and what was taken beyond it is not, or by somebody else. */
  rewind(position: Position): void
  /** No more of the topic until `resume`. */
  pause(topic: string): void
  resume(topic: string): void
  /** Positions may have been moved by somebody else: goes on from where they stand now, soon. */
  look(): void
  /** Where every partition stands. */
  progress(): Promise<readonly Progress[]>
  /**
   * Sees that a partition can be read from there, and names its log: an operator wants to go on from it.
   * @throws POSITION_OUTSIDE, LOG_UNAVAILABLE
   */
  locate(position: Position): Promise<Position>
  /** What it cannot do for now, in words, or undefined: brokers that are away, a partition that waits for an operator. */
  trouble(): string | undefined
  /** Ends `take`. What was taken may still be advanced. */
  stop(): void
  /** Stops, and lets go of everything. */
  close(): Promise<void>
}

/** Where partitions stand, of a log of which no record is read. */
export interface LogView extends Pick<Source, 'progress' | 'locate'> {
  close(): Promise<void>
}

/** A record that waits for its offset. */
export interface NewRecord {
  readonly topic: string
  /** Records with the same key keep their order. */
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Where `POST /v1/events` puts events. */
export interface Publisher {
  /**
   * Resolves once every record is durable in the log. LOG_UNAVAILABLE when the log is away, EVENT_TOO_LARGE where it takes no record of
   * that size: some of the others may be in it all the same, and are recognised when they are published again.
   */
  publish(records: readonly NewRecord[]): Promise<void>
  /** Lets go of everything, once what is under way has ended. */
  close(): Promise<void>
}
