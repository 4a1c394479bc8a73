/** Names the log that is read of a partition, by the id of its topic; nothing where that is not known. */
export type LogOf = (at: { readonly topic: string; readonly partition: number }) => string | undefined

/** What a consumer is told beside its batches, by the patches of kafkajs. */
export interface Listener {
  /** The most bytes that a record may have when it is decompressed; one that has more is handed over without them (`unreadOf`). */
  readonly mostRecordBytes: number
  /**
   * The log does not have this offset: too old, or not yet. The partition is paused, and nothing of it comes
   * until it is resumed; seek before that.
   */
  outOfRange(at: Stuck): void
  /** The group has given it this name, and lets it in once this resolves, which it must, and soon. */
  named?(member: string): Promise<void>
  /** Another one has taken its place: it must not join the group again. */
  isOver?(): boolean
  /** The broker that leads this partition does not know it: it moves, or its topic was deleted, and may have been created again. */
  unknown?(at: Omit<Stuck, 'offset'>): void
  /** Names the log that is read of a partition: another one under the same name is then not read, where brokers can tell (Kafka 3.1). */
  logOf?: LogOf
  /** What the log has at this offset cannot be decoded. The partition is paused, as above. */
  unreadable(at: Stuck & { readonly error: unknown }): void
}

/** Where a partition cannot go on. */
export interface Stuck {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** Where an assigner carries the listener of its consumer: kafkajs keeps assigners as they are, so it can be found there. */
export const LISTENER: unique symbol = Symbol.for('belfry.kafkajs.listener')

/** The listener that one of these carries: assigners, or what they ask of a group. */
export function listenerOf(assigners: readonly object[]): Listener | undefined {
  for (const assigner of assigners) if (carries(assigner)) return assigner[LISTENER]
  return undefined
}

const carries = (assigner: object): assigner is { readonly [LISTENER]: Listener } => LISTENER in assigner
