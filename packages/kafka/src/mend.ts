import { hearerOf } from './create-consumer.ts'
import { expectKnown, part, replace } from './inside.ts'

/** What is used of kafkajs's RequestQueue. */
interface RequestQueue {
  readonly pending: readonly unknown[]
}

/** What is used of kafkajs's ConsumerGroup. */
interface ConsumerGroup {
  readonly assigners: readonly object[]
  readonly offsetManager: { nextOffset(topic: string, partition: number): { toString(): string } }
  readonly preferredReadReplicasPerTopicPartition: Record<string, Record<number, unknown> | undefined>
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[]
  pause(partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): void
}

/** What is used of kafkajs's Batch. */
interface Batch {
  readonly rawMessages: readonly unknown[]
}

interface At {
  readonly topic: string
  readonly partition: number
}

/** On what is mended, so that it is mended once, however often this file is loaded. */
const MENDED: unique symbol = Symbol.for('belfry.kafkajs.mended')

/**
 * Mends kafkajs in place, once: what and why, in docs/decisions/0010-kafkajs-is-mended.md.
 * @throws KAFKAJS_OTHER where kafkajs is not the version that is known
 */
export function mend(): void {
  expectKnown()
  const queue = part('network/requestQueue', 'prototype')
  const group = part('consumer/consumerGroup', 'prototype')
  if (Reflect.has(group, MENDED)) return
  replace(queue, 'scheduleCheckPendingRequests', restWhenNothingIsPending)
  replace(group, 'recoverFromOffsetOutOfRange', sayOutOfRange)
  replace(group, 'fetch', bringEveryBatch)
  Reflect.set(group, MENDED, true)
}

type Check = (this: RequestQueue) => void

/** It set a timer, with a negative time, after every response: idle CPU, and a warning of Node's. */
const restWhenNothingIsPending = (check: Check): Check =>
  function () {
    if (this.pending.length > 0) check.call(this)
  }

type Recover = (this: ConsumerGroup, at: At) => Promise<void>

/** It committed a default offset over what the group had: whoever made the consumer decides where to go on. */
const sayOutOfRange = (recover: Recover): Recover =>
  async function ({ topic, partition }) {
    const hearer = hearerOf(this.assigners)
    const replicas = this.preferredReadReplicasPerTopicPartition[topic]
    // A follower may lag behind the leader. kafkajs looks for a number here, and finds none ever.
    if (replicas?.[partition] !== undefined) {
      delete replicas[partition]
      return
    }
    if (hearer === undefined) return recover.call(this, { topic, partition })
    // It may have been lost to another member while the answer was under way.
    if (!this.assigned().some((one) => one.topic === topic && one.partitions.includes(partition))) return
    const offset = this.offsetManager.nextOffset(topic, partition).toString()
    this.pause([{ topic, partitions: [partition] }])
    hearer.outOfRange({ topic, partition, offset })
  }

type Fetch = (this: ConsumerGroup, nodeId: string) => Promise<readonly Batch[]>

/** A batch of which nothing was left for the handler was passed by in silence: positions need every batch. */
const bringEveryBatch = (fetch: Fetch): Fetch =>
  async function (nodeId) {
    const batches = await fetch.call(this, nodeId)
    if (hearerOf(this.assigners) === undefined) return batches
    for (const batch of batches)
      if (batch.rawMessages.length > 0)
        Object.assign(batch, { isEmpty: () => false, isEmptyDueToFiltering: () => false })
    return batches
  }
