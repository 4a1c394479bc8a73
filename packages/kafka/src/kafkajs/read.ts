import type { Unread } from '@belfry/core'

/** A record as kafkajs hands it on. */
export interface ReadMessage {
  readonly magicByte: number
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>
  readonly isControlRecord?: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
  /** Why there are no bytes of it. */
  readonly [UNREAD]?: Unread
}

/** A transaction that was aborted: its records, from this offset to the producer's next abort marker, never happened. */
export interface Aborted {
  readonly producerId: string
  readonly firstOffset: string
}

/** What the answer to a fetch says of a partition beside its records. */
export interface Read {
  /** The last offset that was read, whether a record is left there or not; absent when there was nothing. */
  readonly last?: bigint
  readonly aborted?: readonly Aborted[]
  /** Why there are no records: the broker's error, or what went wrong in decoding them. */
  readonly failure?: { readonly error: unknown; readonly unreadable: boolean }
}

/** Where a record that was not read carries why: kafkajs hands records on as they are. */
export const UNREAD: unique symbol = Symbol.for('belfry.kafkajs.unread')

/** Where the list of records carries the rest: kafkajs hands that list on as it is, and nothing else. */
const READ: unique symbol = Symbol.for('belfry.kafkajs.read')

/** Notes more of what was read on the list of records. */
export function note<Messages extends object>(messages: Messages, more: Read): Messages {
  return Object.assign(messages, { [READ]: { ...readOf(messages), ...more } })
}

/** What is noted on a list of records. */
export const readOf = (messages: object): Read => (carries(messages) ? messages[READ] : {})

/** Why a record was not read, where it was not. */
export const unreadOf = (message: object): Unread | undefined => (isUnread(message) ? message[UNREAD] : undefined)

const carries = (messages: object): messages is { readonly [READ]: Read } => READ in messages
const isUnread = (message: object): message is { readonly [UNREAD]: Unread } => UNREAD in message
