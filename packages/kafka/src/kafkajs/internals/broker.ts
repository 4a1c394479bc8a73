import type { FetchedMessage } from '../fetched-messages.ts'
import type { Exchange, RequestDefinition } from './exchange.ts'

/** Where a broker is. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What a broker reports about topics. */
export interface Metadata {
  readonly topicMetadata: readonly TopicMetadata[]
}
/** What a broker reports about one topic: Kafka's error codes of it and of its partitions. */
export interface TopicMetadata {
  readonly topicErrorCode: number
  readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[]
}

/** The options of a fetch. */
export interface FetchOptions {
  readonly replicaId?: number
  readonly isolationLevel: number
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: string
      readonly maxBytes: number
    }[]
  }[]
  readonly rackId: string
}

/** The answer to a fetch. */
export interface FetchAnswer {
  /** Why there is nothing at all, from version 7 on. */
  readonly errorCode?: number
  readonly responses: readonly FetchedTopic[]
}
export interface FetchedTopic {
  readonly topicName: string
  readonly partitions: readonly FetchedPartition[]
}
export interface FetchedPartition {
  readonly errorCode: number
  readonly messages: readonly FetchedMessage[]
}

/** Offsets of the partitions of a topic. */
interface Offsets {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
}

/** What is used of kafkajs's Broker. */
export interface Broker {
  /** What the broker offers, by api key; after `connect`. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>>
  readonly connectionPool: Address & { send<Answer>(exchange: Exchange<Answer>): Promise<Answer> }
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Makes requests of one kind in the newest version that both sides have. */
  lookupRequest<Options, Answer>(
    apiKey: number,
    definition: RequestDefinition<Options, Answer>,
  ): (options: Options) => Exchange<Answer>
  metadata(topics: readonly string[]): Promise<Metadata>
  fetch(options: FetchOptions): Promise<unknown>
  joinGroup(options: { readonly groupProtocols: readonly object[] }): Promise<unknown>
  findGroupCoordinator(of: {
    readonly groupId: string
    readonly coordinatorType: 0
  }): Promise<{ readonly coordinator: Address }>
  leaveGroup(member: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
  describeGroups(of: { readonly groupIds: readonly string[] }): Promise<{
    readonly groups: readonly { readonly members: readonly { readonly memberId: string }[] }[]
  }>
  /** Isolation 0 counts all records, and 1 those of transactions that have ended. */
  listOffsets(of: {
    readonly isolationLevel: 0 | 1
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly timestamp: string }[]
    }[]
  }): Promise<{ readonly responses: readonly Offsets[] }>
  offsetFetch(of: {
    readonly groupId: string
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number }[]
    }[]
  }): Promise<{ readonly responses: readonly Offsets[] }>
  describeConfigs(of: {
    readonly resources: readonly {
      readonly type: number
      readonly name: string
      readonly configNames: readonly string[]
    }[]
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[]
    }[]
  }>
  createTopics(options: {
    readonly topics: readonly {
      readonly topic: string
      readonly numPartitions?: number
      readonly replicationFactor?: number
    }[]
    readonly timeout: number
  }): Promise<unknown>
}
