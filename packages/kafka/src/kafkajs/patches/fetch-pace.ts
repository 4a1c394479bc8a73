import { setTimeout as pass } from 'node:timers/promises'
import type { ConsumerGroup } from '../internals/consumer-group.ts'
import { internal, replace } from '../internals/internals.ts'
import { listenerOf } from '../listener.ts'

/** An answer with as many records is part of a backlog: the next request does not wait. */
const BACKLOG_RECORDS = 100

type Fetch = ConsumerGroup['fetch']

/** kafkajs sent a request for each record where they come one after the other, which costs more than all else that is done for the record. */
export function patchFetchPace(): void {
  replace(internal('consumerGroup'), 'fetch', gather)
}

/** After an answer with few records the next request waits for a moment, in which further records gather at the broker. */
function gather(fetch: Fetch): Fetch {
  /** The brokers whose last answer had few records. */
  const few = new WeakMap<ConsumerGroup, Set<string>>()
  return async function (nodeId) {
    const listener = listenerOf(this.assigners)
    const gatherMs = listener?.gatherMs ?? 0
    const brokers = few.get(this) ?? new Set()
    few.set(this, brokers)
    if (brokers.delete(nodeId)) await pass(gatherMs)
    if (listener?.waitMs !== undefined) this.maxWaitTime = listener.waitMs()
    const batches = await fetch.call(this, nodeId)
    let records = 0
    for (const { rawMessages } of batches) records += rawMessages.length
    if (gatherMs > 0 && records > 0 && records < BACKLOG_RECORDS) brokers.add(nodeId)
    return batches
  }
}
