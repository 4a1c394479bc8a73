import { setTimeout as pass } from 'node:timers/promises'
import { notesOf } from '../fetched-messages.ts'
import type { Batch, ConsumerGroup, TopicPartition } from '../internals/consumer-group.ts'
import { internal, replace } from '../internals/internals.ts'
import { listenerOf } from '../listener.ts'
import { errorOf, protocolErrorOf } from '../protocol-error.ts'
import { fetchById } from './fetch-by-id.ts'
import { makeWhole } from './whole-batch.ts'

/** The error of a broker that does not have the partition: it moves, or its topic is gone. */
const UNKNOWN = 'UNKNOWN_TOPIC_OR_PARTITION'
/** The errors of a broker that does not lead the partition (any more), or was not notified yet that it does. */
const MOVED = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  UNKNOWN,
]
/** Kafka's error of a broker that does not coordinate the group. */
const NOT_COORDINATOR = 16
/** kafkajs's errors where a broker cannot be reached, or does not answer. */
const UNREACHABLE = ['KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError']
/** How long to wait before the leader is looked up again. */
const LEADER_RETRY_MS = 100

type Fetch = ConsumerGroup['fetch']
type Join = ConsumerGroup['joinAndSync']
type Heartbeat = ConsumerGroup['heartbeat']
type Recover = ConsumerGroup['recoverFromOffsetOutOfRange']

/** Every batch now reaches the handler, and the listener learns of every partition that cannot be read. */
export function patchConsumerGroup(): void {
  const group = internal('consumerGroup')
  replace(group, 'recoverFromOffsetOutOfRange', reportOutOfRange)
  replace(group, 'fetch', fetchWhole)
  replace(group, 'heartbeat', seekCoordinator)
  replace(group, 'joinAndSync', joinOnce)
}

/** Groups whose coordinator did not answer the last request. */
const withoutCoordinator = new WeakSet<ConsumerGroup>()

/** Each fetcher of kafkajs's consumer joined the group by itself when a rebalance was due: as several members, of which it kept the last. */
function joinOnce(join: Join): Join {
  const underWay = new WeakMap<ConsumerGroup, Promise<void>>()
  return function () {
    withoutCoordinator.delete(this)
    const joining = underWay.get(this) ?? join.call(this).finally(() => underWay.delete(this))
    underWay.set(this, joining)
    return joining
  }
}

/** kafkajs sent heartbeats to a coordinator that was away, again and again and for each fetcher, and never looked up the new one. */
function seekCoordinator(heartbeat: Heartbeat): Heartbeat {
  const underWay = new WeakMap<ConsumerGroup, Promise<void>>()
  const beat = async (group: ConsumerGroup, options: object): Promise<void> => {
    try {
      await heartbeat.call(group, options)
    } catch (error) {
      const isUnreachable = error instanceof Error && UNREACHABLE.includes(error.name)
      if (!isUnreachable || listenerOf(group.assigners) === undefined) throw error
      withoutCoordinator.add(group)
      throw errorOf(NOT_COORDINATOR)
    }
  }
  return async function (options) {
    if (withoutCoordinator.has(this)) throw errorOf(NOT_COORDINATOR)
    // kafkajs forgets a heartbeat under way a moment before its failure is noticed here.
    const beating = underWay.get(this) ?? beat(this, options).finally(() => underWay.delete(this))
    underWay.set(this, beating)
    return beating
  }
}

/** kafkajs committed a default offset over the group's own. The listener now decides where to continue. */
const reportOutOfRange = (recover: Recover): Recover =>
  async function ({ topic, partition }) {
    const replicas = this.preferredReadReplicasPerTopicPartition[topic]
    // A follower may lag behind the leader: the next request goes to the leader. kafkajs compares with a number here, and it is an object.
    if (replicas?.[partition] !== undefined) {
      delete replicas[partition]
      return
    }
    const listener = listenerOf(this.assigners)
    if (listener === undefined) return recover.call(this, { topic, partition })
    if (!isAssigned(this, { topic, partition })) return
    const offset = this.offsetManager.nextOffset(topic, partition).toString()
    this.pause([{ topic, partitions: [partition] }])
    listener.outOfRange({ topic, partition, offset })
  }

/** kafkajs dropped the records of all partitions when one had failed, and handed out what was fetched before the group was joined again. */
function fetchWhole(fetch: Fetch): Fetch {
  /** Errors that wait until the records that came with them are handled: recovering may mean to join the group again. */
  const waiting = new WeakMap<object, Map<string, unknown>>()
  return async function (nodeId) {
    const { offsetManager } = this
    const listener = listenerOf(this.assigners)
    const isOurs = listener !== undefined
    if (listener !== undefined) fetchById(this.cluster, listener.maxRecordBytes, listener.logIdOf ?? (() => undefined))
    const errors = waiting.get(offsetManager) ?? new Map<string, unknown>()
    waiting.set(offsetManager, errors)
    if (errors.has(nodeId)) {
      const error = errors.get(nodeId)
      errors.delete(nodeId)
      await (isOurs && isMoved(error) ? findLeaders(this) : this.recoverFromFetch(error))
      return []
    }
    const batches = await fetch.call(this, nodeId)
    if (this.offsetManager !== offsetManager) return []
    const good: Batch[] = []
    for (const batch of batches) {
      const { failure } = notesOf(batch.rawMessages)
      if (failure === undefined) good.push(batch)
      else if (failure.unreadable) reportUnreadable(this, batch, failure.error)
      else if (isOutOfRange(failure.error)) await this.recoverFromFetch(failure.error)
      else {
        if (isUnknown(failure.error)) listener?.unknown?.(batch)
        errors.set(nodeId, failure.error)
      }
    }
    if (isOurs) for (const batch of good) makeWhole(batch)
    return good
  }
}

/** kafkajs joined the group again in a tight loop while a partition had no leader, and each time every partition began again. */
async function findLeaders({ cluster }: ConsumerGroup): Promise<void> {
  await pass(LEADER_RETRY_MS)
  await cluster.refreshMetadata()
}

/** Without a listener the consumer crashes, as without this patch. */
function reportUnreadable(group: ConsumerGroup, { topic, partition, fetchedOffset }: Batch, error: unknown): void {
  const listener = listenerOf(group.assigners)
  if (listener === undefined) throw error
  group.pause([{ topic, partitions: [partition] }])
  listener.unreadable({ topic, partition, offset: fetchedOffset, error })
}

const isAssigned = (group: ConsumerGroup, { topic, partition }: TopicPartition): boolean =>
  group.assigned().some((one) => one.topic === topic && one.partitions.includes(partition))

const isMoved = (error: unknown): boolean => MOVED.includes(protocolErrorOf(error))
const isUnknown = (error: unknown): boolean => protocolErrorOf(error) === UNKNOWN

const isOutOfRange = (error: unknown): boolean => error instanceof Error && error.name === 'KafkaJSOffsetOutOfRange'
