import { setTimeout as pass } from 'node:timers/promises'
import type { Batch, ConsumerGroup, TopicPartition } from '../internals/consumer-group.ts'
import { internal, replace } from '../internals/internals.ts'
import { listenerOf } from '../listener.ts'
import { errorOf, protocolErrorOf } from '../protocol-error.ts'
import { readOf } from '../read.ts'
import { fetchById } from './fetch-by-id.ts'
import { makeWhole } from './whole-batch.ts'

/** What a broker says that does not know the partition: it moves, or its topic is gone. */
const UNKNOWN = 'UNKNOWN_TOPIC_OR_PARTITION'
/** What a broker says that does not lead the partition (any more), or does not know yet that it does. */
const MOVED = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  UNKNOWN,
]
/** Kafka's error of a broker that does not coordinate the group. */
const NOT_COORDINATOR = 16
/** What kafkajs says where a broker cannot be reached, or does not answer. */
const AWAY = ['KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError']
/** Milliseconds until who leads it is asked again. */
const ASK_AGAIN = 100

type Fetch = ConsumerGroup['fetch']
type Join = ConsumerGroup['joinAndSync']
type Heartbeat = ConsumerGroup['heartbeat']
type Recover = ConsumerGroup['recoverFromOffsetOutOfRange']

/** Every batch reaches the handler, and every partition that cannot be read its listener. */
export function patchConsumerGroup(): void {
  const group = internal('consumerGroup')
  replace(group, 'recoverFromOffsetOutOfRange', tellOutOfRange)
  replace(group, 'fetch', fetchWhole)
  replace(group, 'heartbeat', seekCoordinator)
  replace(group, 'joinAndSync', joinOnce)
}

/** Groups whose coordinator was away when it was spoken to last. */
const astray = new WeakSet<ConsumerGroup>()

/** Each of its fetchers that saw that it had to joined the group by itself: as several members, of which it knew the last. */
function joinOnce(join: Join): Join {
  const underWay = new WeakMap<ConsumerGroup, Promise<void>>()
  return function () {
    astray.delete(this)
    const joining = underWay.get(this) ?? join.call(this).finally(() => underWay.delete(this))
    underWay.set(this, joining)
    return joining
  }
}

/** It asked a coordinator that was away again and again, once for each of its fetchers, and never who it is now. */
function seekCoordinator(heartbeat: Heartbeat): Heartbeat {
  const underWay = new WeakMap<ConsumerGroup, Promise<void>>()
  const beat = async (group: ConsumerGroup, options: object): Promise<void> => {
    try {
      await heartbeat.call(group, options)
    } catch (error) {
      const isAway = error instanceof Error && AWAY.includes(error.name)
      if (!isAway || listenerOf(group.assigners) === undefined) throw error
      astray.add(group)
      throw errorOf(NOT_COORDINATOR)
    }
  }
  return async function (options) {
    if (astray.has(this)) throw errorOf(NOT_COORDINATOR)
    // kafkajs forgets that one is under way a moment before it is known here that it has failed.
    const beating = underWay.get(this) ?? beat(this, options).finally(() => underWay.delete(this))
    underWay.set(this, beating)
    return beating
  }
}

/** It committed a default offset over what the group had: whoever made the consumer decides where to go on. */
const tellOutOfRange = (recover: Recover): Recover =>
  async function ({ topic, partition }) {
    const replicas = this.preferredReadReplicasPerTopicPartition[topic]
    // A follower may lag behind the leader, which is asked next. kafkajs looks for a number here, and never finds one.
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

/** It threw away what came of all partitions when one had failed, and handed out what was fetched before the group was joined anew. */
function fetchWhole(fetch: Fetch): Fetch {
  /** An error that waits until the records that came with it are handled: to recover may mean to join the group anew. */
  const waiting = new WeakMap<object, Map<string, unknown>>()
  return async function (nodeId) {
    const { offsetManager } = this
    const listener = listenerOf(this.assigners)
    const heard = listener !== undefined
    if (listener !== undefined) fetchById(this.cluster, listener.mostRecordBytes, listener.logOf ?? (() => undefined))
    const errors = waiting.get(offsetManager) ?? new Map<string, unknown>()
    waiting.set(offsetManager, errors)
    if (errors.has(nodeId)) {
      const error = errors.get(nodeId)
      errors.delete(nodeId)
      await (heard && isMoved(error) ? findLeaders(this) : this.recoverFromFetch(error))
      return []
    }
    const batches = await fetch.call(this, nodeId)
    if (this.offsetManager !== offsetManager) return []
    const good: Batch[] = []
    for (const batch of batches) {
      const { failure } = readOf(batch.rawMessages)
      if (failure === undefined) good.push(batch)
      else if (failure.unreadable) tellUnreadable(this, batch, failure.error)
      else if (isOutOfRange(failure.error)) await this.recoverFromFetch(failure.error)
      else {
        if (isUnknown(failure.error)) listener?.unknown?.(batch)
        errors.set(nodeId, failure.error)
      }
    }
    if (heard) for (const batch of good) makeWhole(batch)
    return good
  }
}

/** It joined the group anew at once, again and again while the leader was sought, and each time every partition began anew. */
async function findLeaders({ cluster }: ConsumerGroup): Promise<void> {
  await pass(ASK_AGAIN)
  await cluster.refreshMetadata()
}

/** Without a listener as it always was: the consumer stops, at every partition. */
function tellUnreadable(group: ConsumerGroup, { topic, partition, fetchedOffset }: Batch, error: unknown): void {
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
