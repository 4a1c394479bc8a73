import { createRequire } from 'node:module'
import type { ISocketFactory, Kafka } from 'kafkajs'
import { kafkaErrors } from '../../errors.ts'
import type { Broker, FetchAnswer, FetchOptions, Metadata } from './broker.ts'
import type { BrokerPool, Cluster, CreateCluster } from './cluster.ts'
import type { Connection, RequestQueue } from './connection.ts'
import type { ConsumerGroup, OffsetManager } from './consumer-group.ts'
import type { Decoder, Encoder, RequestDefinition } from './exchange.ts'

/** The only version of kafkajs whose internals these files describe. */
const KNOWN = '2.2.4'

/** Everything inside kafkajs that Belfry uses or replaces; of a class, its prototype. */
interface Internals {
  readonly client: object
  readonly broker: Broker
  readonly brokerPool: BrokerPool
  readonly cluster: Cluster
  readonly connection: Connection
  readonly requestQueue: RequestQueue
  readonly consumerGroup: ConsumerGroup
  readonly offsetManager: OffsetManager
  readonly Encoder: new () => Encoder
  readonly Decoder: new (bytes: Buffer) => Decoder
  readonly requests: Requests
  readonly apiKeys: Readonly<Record<RequestName, number>>
  readonly errors: Readonly<Record<'KafkaJSConnectionError' | 'KafkaJSConnectionClosedError', MakeError>> & {
    readonly KafkaJSSASLAuthenticationError: new (message: string) => Error
  }
  readonly protocolErrors: { createErrorFromCode(code: number): Error }
  readonly createSocketFactory: () => ISocketFactory
}
type MakeError = new (message: string, about: object) => Error

/** The requests that Belfry sends, or that kafkajs sends for it. */
export type RequestName =
  | 'Fetch'
  | 'Metadata'
  | 'Produce'
  | 'ListOffsets'
  | 'GroupCoordinator'
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'DescribeGroups'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'CreateTopics'
  | 'SaslHandshake'
interface Requests
  extends Readonly<Record<Exclude<RequestName, 'Fetch' | 'Metadata'>, RequestDefinition<never, unknown>>> {
  readonly Fetch: RequestDefinition<FetchOptions, FetchAnswer>
  readonly Metadata: RequestDefinition<
    { readonly topics: readonly string[]; readonly allowAutoTopicCreation: boolean },
    Metadata
  >
}

/** Where each part is: its path in kafkajs's `src`, the names in that, one inside the other, and what it must have. */
const PLACES: {
  readonly [Name in keyof Internals]: readonly [
    at: readonly [path: string, ...names: string[]],
    has: readonly (keyof Internals[Name] & string)[],
  ]
} = {
  client: [['index'], []],
  broker: [
    ['broker', 'prototype'],
    [
      'isConnected',
      'connect',
      'disconnect',
      'metadata',
      'fetch',
      'joinGroup',
      'findGroupCoordinator',
      'leaveGroup',
      'describeGroups',
      'listOffsets',
      'offsetFetch',
      'describeConfigs',
      'createTopics',
    ],
  ],
  brokerPool: [
    ['cluster/brokerPool', 'prototype'],
    ['createSeedBroker', 'refreshMetadata', 'findBroker', 'findConnectedBroker', 'withBroker'],
  ],
  cluster: [
    ['cluster', 'prototype'],
    [
      'connect',
      'disconnect',
      'addMultipleTargetTopics',
      'refreshMetadata',
      'findTopicPartitionMetadata',
      'findBroker',
      'findLeaderForPartitions',
      'fetchTopicsOffset',
    ],
  ],
  connection: [
    ['network/connection', 'prototype'],
    ['isConnected', 'connect', 'send'],
  ],
  requestQueue: [
    ['network/requestQueue', 'prototype'],
    ['rejectAll', 'destroy', 'scheduleCheckPendingRequests'],
  ],
  consumerGroup: [
    ['consumer/consumerGroup', 'prototype'],
    ['assigned', 'pause', 'recoverFromFetch', 'fetch', 'joinAndSync', 'heartbeat', 'recoverFromOffsetOutOfRange'],
  ],
  offsetManager: [
    ['consumer/offsetManager', 'prototype'],
    ['nextOffset', 'resolveOffset'],
  ],
  Encoder: [['protocol/encoder'], []],
  Decoder: [['protocol/decoder'], []],
  requests: [
    ['protocol/requests', 'requests'],
    ['Fetch', 'Metadata'],
  ],
  apiKeys: [['protocol/requests/apiKeys'], []],
  errors: [['errors'], ['KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSSASLAuthenticationError']],
  protocolErrors: [['protocol/error'], ['createErrorFromCode']],
  createSocketFactory: [['network/socketFactory'], []],
}

/**
 * Checks that kafkajs is the known version and has every part of `Internals`.
 * @throws KAFKAJS_OTHER
 */
export function checkInternals(): void {
  const { version }: { version: unknown } = require('kafkajs/package.json')
  if (version !== KNOWN) throw kafkaErrors.KAFKAJS_OTHER({ found: String(version), known: KNOWN })
  for (const [at, has] of Object.values(PLACES)) {
    const part = find(at)
    for (const name of has) if (!(name in part)) throw missing([...at, name].join('.'))
  }
}

/**
 * Returns a part of kafkajs.
 * @throws KAFKAJS_OTHER where kafkajs has no such part
 */
export function internal<Name extends keyof Internals>(name: Name): Internals[Name] {
  // kafkajs has no types for its internals. `Internals` describes what is used of them, for the one version that `checkInternals` accepts.
  return find(PLACES[name][0]) as Internals[Name]
}

/** The answers that are parsed by kafkajs and patched here. */
interface Answers {
  readonly fetch: FetchAnswer
  readonly joinGroup: object
}

/**
 * Returns how kafkajs parses the answers to a request, in one version.
 * @throws KAFKAJS_OTHER where kafkajs has no such version
 */
export function responseOf<Name extends keyof Answers>(
  request: Name,
  version: number,
): { parse(answer: Answers[Name]): Promise<Answers[Name]> } {
  // As above.
  return find([`protocol/requests/${request}/v${version}/response`]) as ReturnType<typeof responseOf<Name>>
}

/** Puts another function in the place of one of kafkajs's; `around` receives the one that was there. */
export function replace<Holder extends object, Name extends keyof Holder>(
  holder: Holder,
  name: Name,
  around: (original: Holder[Name]) => Holder[Name],
): void {
  holder[name] = around(holder[name])
}

/**
 * Makes a cluster as the client's own producers and consumers have them.
 * @throws KAFKAJS_OTHER
 */
export const createCluster = (kafka: Kafka): Cluster => makerIn(kafka)({ allowAutoTopicCreation: false })

/**
 * Puts another function in the place of the one that makes the clusters of a client.
 * @throws KAFKAJS_OTHER
 */
export function replaceCreateCluster(kafka: Kafka, around: (original: CreateCluster) => CreateCluster): void {
  Reflect.set(kafka, makerName(kafka), around(makerIn(kafka)))
}

/** A client of kafkajs hides the function under a symbol of this description. */
const makerName = (kafka: Kafka): symbol | string =>
  Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster') ??
  'createCluster'

// As above.
const makerIn = (kafka: Kafka): CreateCluster => partOf(kafka, makerName(kafka)) as CreateCluster

const require = createRequire(import.meta.url)

function find([path, ...names]: readonly [path: string, ...names: string[]]): object {
  return names.reduce(partOf, load(path))
}

function load(path: string): object {
  try {
    return require(`kafkajs/src/${path}`)
  } catch (error) {
    throw missing(`src/${path}`, error)
  }
}

function partOf(holder: object, name: string | symbol): object {
  const found: unknown = Reflect.get(holder, name)
  if ((typeof found !== 'object' || found === null) && typeof found !== 'function') throw missing(String(name))
  return found
}

const missing = (what: string, cause?: unknown) =>
  kafkaErrors.KAFKAJS_OTHER({ found: `${KNOWN} without ${what}`, known: KNOWN }, cause === undefined ? {} : { cause })
