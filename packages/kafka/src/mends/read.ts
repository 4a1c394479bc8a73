/** A record as kafkajs decodes it, as far as the mends look at it. */
export interface ReadMessage {
  readonly offset: string
  readonly key: Buffer | null
  readonly isControlRecord?: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

/** A transaction that was aborted: its records, from this offset to the producer's next abort marker, never happened. */
export interface Aborted {
  readonly producerId: string
  readonly firstOffset: string
}

/** What the answer to a fetch says of a partition beside its records. */
export interface Read {
  /** The last offset that the record batches cover, whether a record is left there or not; absent when there were none. */
  readonly last?: bigint
  readonly aborted?: readonly Aborted[]
  /** Why there are no records: the broker's error, or what went wrong in decoding them. */
  readonly failure?: { readonly error: unknown; readonly unreadable: boolean }
}

/** Where the list of records carries the rest: kafkajs hands that list on as it is, and nothing else. */
const READ: unique symbol = Symbol.for('belfry.kafkajs.read')

/** Notes more of what was read on the list of records. */
export function note<Messages extends object>(messages: Messages, more: Read): Messages {
  return Object.assign(messages, { [READ]: { ...readOf(messages), ...more } })
}

/** What is noted on a list of records. */
export const readOf = (messages: object): Read => (carries(messages) ? messages[READ] : {})

const carries = (messages: object): messages is { readonly [READ]: Read } => READ in messages
