import type { FetchedMessage } from '../fetched-messages.ts'
import type { Cluster } from './cluster.ts'

/** A partition, by the name that the brokers have for its topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What is used of kafkajs's ConsumerGroup: one member of a group, and what it fetches. */
export interface ConsumerGroup {
  readonly assigners: readonly object[]
  readonly cluster: Cluster
  readonly offsetManager: OffsetManager
  /** How long a broker waits for records before it answers that there are none, in milliseconds. */
  maxWaitTime: number
  readonly preferredReadReplicasPerTopicPartition: Record<string, Record<number, unknown> | undefined>
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[]
  pause(partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): void
  recoverFromFetch(error: unknown): Promise<void>
  fetch(this: ConsumerGroup, nodeId: string): Promise<readonly Batch[]>
  joinAndSync(this: ConsumerGroup): Promise<void>
  heartbeat(this: ConsumerGroup, options: object): Promise<void>
  recoverFromOffsetOutOfRange(this: ConsumerGroup, at: TopicPartition): Promise<void>
}

/** What is used of kafkajs's OffsetManager. */
export interface OffsetManager {
  readonly memberAssignment: Readonly<Record<string, readonly number[]>>
  nextOffset(topic: string, partition: number): { toString(): string }
  resolveOffset(this: OffsetManager, at: TopicPartition & { readonly offset: string }): void
}

/** What is used of kafkajs's Batch: what was fetched of a partition. */
export interface Batch {
  readonly topic: string
  readonly partition: number
  readonly fetchedOffset: string
  readonly rawMessages: readonly FetchedMessage[]
  readonly messages: readonly FetchedMessage[]
}
