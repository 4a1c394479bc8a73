/** Returns the id of the log that is read of a partition, which is that of its topic; undefined where it is not known. */
export type LogIdOf = (at: { readonly topic: string; readonly partition: number }) => string | undefined

/** What the patches of kafkajs need of a consumer, and report to it beside its batches. */
export interface Listener {
  /** The most bytes of a decompressed record; a larger one is handed over without its bytes (`unreadOf`). */
  readonly maxRecordBytes: number
  /** Milliseconds between an answer with few records and the next request: further records gather at the broker. None unless given. */
  readonly gatherMs?: number
  /** Returns for how many milliseconds the next request waits for records. Always as the consumer is configured, unless given. */
  waitMs?(): number
  /**
   * The log does not have this offset: it was deleted, or is not written yet. The partition is paused; seek before it is resumed.
   */
  outOfRange(at: Stuck): void
  /** The group has given the member this name, and lets it in once this resolves, which must be soon. */
  named?(member: string): Promise<void>
  /** Whether another consumer has taken its place: it does not join the group again then. */
  isOver?(): boolean
  /** The leader answers that it has no such partition: it moves, or its topic was deleted, and may have been created again. */
  unknown?(at: Omit<Stuck, 'offset'>): void
  /** Where it returns an id, another log under the same name is not read, if the brokers support that (Kafka 3.1). */
  logIdOf?: LogIdOf
  /** The record at this offset cannot be decoded. The partition is paused, as above. */
  unreadable(at: Stuck & { readonly error: unknown }): void
}

/** Where reading a partition cannot continue. */
export interface Stuck {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** The field of an assigner that holds the listener of its consumer: kafkajs keeps assigners as they are. */
export const LISTENER: unique symbol = Symbol.for('belfry.kafkajs.listener')

/** Returns the listener that one of these holds: assigners, or the protocols that they send to a group. */
export function listenerOf(assigners: readonly object[]): Listener | undefined {
  for (const assigner of assigners) if (hasListener(assigner)) return assigner[LISTENER]
  return undefined
}

const hasListener = (assigner: object): assigner is { readonly [LISTENER]: Listener } => LISTENER in assigner
