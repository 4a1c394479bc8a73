import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs'
import { assignSubscribed } from './assign-subscribed.ts'
import type { LogOf } from './mends/fetch-by-id.ts'

/** What a consumer is told beside its batches, by what is mended in ./mends. */
export interface Hearer {
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

/** Where an assigner carries the hearer of its consumer: kafkajs keeps assigners as they are, so it can be found there. */
const HEARER: unique symbol = Symbol.for('belfry.kafkajs.hearer')

/**
 * A consumer whose `eachBatch` gets every batch that was read, also those of which no message is left (control records, aborted
 * transactions, compaction): then `messages` is empty and `lastOffset()` is still the last offset that was read.
 */
export function createConsumer(kafka: Kafka, config: ConsumerConfig, hearer: Hearer): Consumer {
  const assigners = config.partitionAssigners ?? [assignSubscribed]
  return kafka.consumer({
    allowAutoTopicCreation: false,
    ...config,
    partitionAssigners: assigners.map((create) => (options) => {
      const assigner = { ...create(options), [HEARER]: hearer }
      // What is asked of the group carries it too.
      const protocol: typeof assigner.protocol = (subscription) =>
        Object.assign(create(options).protocol(subscription), { [HEARER]: hearer })
      return { ...assigner, protocol }
    }),
  })
}

/** The hearer that one of these carries: assigners, or what they ask of a group. */
export function hearerOf(assigners: readonly object[]): Hearer | undefined {
  for (const assigner of assigners) if (carries(assigner)) return assigner[HEARER]
  return undefined
}

const carries = (assigner: object): assigner is { readonly [HEARER]: Hearer } => HEARER in assigner
