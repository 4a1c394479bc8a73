import type { Unread } from '@belfry/core'
import type { ReadMessage } from '../read.ts'
import type { Cursor } from './cursor.ts'

/** What stands before the key of a record. */
export interface Head {
  /** How many bytes the record says that it has. */
  readonly size: number
  /** Where it ends, in the bytes that it is read from. */
  readonly end: number
  readonly offset: number
  readonly timestamp: number
}

/** How the records of a batch are laid out: as record batches have them, or as the message sets before those. */
export interface Layout {
  /** The most bytes that a head has. */
  readonly headBytes: number
  /** Reads what stands before the key. */
  head(cursor: Cursor): Head
  /** Reads the rest. */
  message(cursor: Cursor, head: Head): ReadMessage
  /** Stands for a record that is not read. */
  unread(head: Pick<Head, 'offset' | 'timestamp'>, unread: Unread): ReadMessage
}
