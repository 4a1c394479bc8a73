import type { Address, Broker, Metadata } from './broker.ts'

/** What is used of kafkajs's Cluster. */
export interface Cluster {
  readonly rootLogger: object
  readonly connectionPoolBuilder: { build(at: Address): Promise<object> }
  readonly brokerPool: BrokerPool
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Adds these topics to those that the metadata are about. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  /** Empty for a topic that does not exist; a leader below 0 is none. */
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
  /** The partitions that each broker leads, by its id. */
  findLeaderForPartitions(
    this: Cluster,
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>
  fetchTopicsOffset(
    this: Cluster,
    topics: readonly { readonly topic: string }[],
  ): Promise<readonly { readonly topic: string; readonly partitions: readonly object[] }[]>
}

/** What is used of kafkajs's BrokerPool. */
export interface BrokerPool {
  /** By their ids. */
  readonly brokers: Readonly<Record<string, Broker>>
  /** Absent after the connection to the last known broker has broken. */
  readonly seedBroker: Broker | undefined
  readonly metadata: Metadata | null
  metadataExpireAt: number | null
  createBroker(options: { readonly connectionPool: object; readonly logger: object }): Broker
  createSeedBroker(this: BrokerPool): Promise<void>
  refreshMetadata(this: BrokerPool, topics: readonly string[]): Promise<void>
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
  findConnectedBroker(this: BrokerPool): Promise<Broker>
  withBroker(
    this: BrokerPool,
    work: (found: { readonly nodeId: string; readonly broker: Broker }) => Promise<unknown>,
  ): Promise<unknown>
}

/** What makes the clusters of a client of kafkajs. */
export type CreateCluster = (options: { readonly allowAutoTopicCreation: boolean }) => Cluster
