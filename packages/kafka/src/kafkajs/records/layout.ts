import type { Unread } from '@belfry/core'
import type { FetchedMessage } from '../fetched-messages.ts'
import type { Cursor } from './cursor.ts'

/** The fields of a record before its key. */
export interface Head {
  /** The size that the record has in its own header, in bytes. */
  readonly size: number
  /** Where it ends, in the bytes that it is read from. */
  readonly end: number
  readonly offset: number
  readonly timestamp: number
}

/** How the records of a batch are laid out: as in record batches, or as in the older message sets. */
export interface Layout {
  /** The most bytes that a head has. */
  readonly headBytes: number
  /** Reads the fields before the key. */
  head(cursor: Cursor): Head
  /** Reads the rest. */
  message(cursor: Cursor, head: Head): FetchedMessage
  /** Makes a message for a record that is not read. */
  unread(head: Pick<Head, 'offset' | 'timestamp'>, unread: Unread): FetchedMessage
}
