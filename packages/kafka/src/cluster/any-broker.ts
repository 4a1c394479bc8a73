import type { Kafka } from 'kafkajs'
import { createClusterName } from '../kafkajs/create-cluster.ts'
import { partOf } from '../kafkajs/internals.ts'

/** Where a broker is. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** A request as kafkajs sends it, and how its answer is read. */
export interface Exchange<Answer> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    /** Gives kafkajs's encoder. */
    encode(): Promise<object>
  }
  readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
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
  readonly connectionPool: { send<Answer>(exchange: Exchange<Answer>): Promise<Answer> }
  connect(): Promise<void>
  disconnect(): Promise<void>
  findGroupCoordinator(of: {
    readonly groupId: string
    readonly coordinatorType: 0
  }): Promise<{ readonly coordinator: Address }>
  leaveGroup(who: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
  describeGroups(of: { readonly groupIds: readonly string[] }): Promise<{
    readonly groups: readonly { readonly members: readonly { readonly memberId: string }[] }[]
  }>
  /** Isolation 0 is about all records, and 1 about those of transactions that have ended. */
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
  createTopics(what: {
    readonly topics: readonly {
      readonly topic: string
      readonly numPartitions?: number
      readonly replicationFactor?: number
    }[]
    readonly timeout: number
  }): Promise<unknown>
}

/** What is used of kafkajs's Cluster. */
export interface Cluster {
  readonly rootLogger: object
  readonly connectionPoolBuilder: { build(at: Address): Promise<object> }
  readonly brokerPool: {
    readonly seedBroker: Broker
    createBroker(options: { readonly connectionPool: object; readonly logger: object }): Broker
  }
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** From now on the metadata are about these topics too. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  /** Of a topic that is not there it is empty; a leader below 0 is none. */
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
}
type CreateCluster = (options: { readonly allowAutoTopicCreation: false }) => Cluster

/**
 * Works with a broker, whichever answers first, and with those that it opens beside it; all are closed in the end. kafkajs's own admin
 * asks for the metadata of every topic first, and fails where any of them has no leader.
 * @throws what kafkajs throws when no broker can be reached or none lets the client in
 */
export async function withAnyBroker<T>(
  kafka: Kafka,
  work: (broker: Broker, open: (at: Address) => Promise<Broker>) => Promise<T>,
): Promise<T> {
  const cluster = createCluster(kafka)
  const opened: Broker[] = []
  try {
    await cluster.connect()
    return await work(cluster.brokerPool.seedBroker, async (at) => {
      const connectionPool = await cluster.connectionPoolBuilder.build(at)
      const broker = cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger })
      opened.push(broker)
      await broker.connect()
      return broker
    })
  } finally {
    await Promise.allSettled([cluster.disconnect(), ...opened.map((broker) => broker.disconnect())])
  }
}

/** Makes a cluster as the client's own producers and consumers have them. */
export const createCluster = (kafka: Kafka): Cluster =>
  partOf<CreateCluster>(kafka, createClusterName(kafka))({ allowAutoTopicCreation: false })
