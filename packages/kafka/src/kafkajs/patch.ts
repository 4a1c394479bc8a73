import { registerCodecs } from './codecs/codec-of.ts'
import { checkInternals, internal } from './internals/internals.ts'
import { patchBrokerPool } from './patches/broker-pool.ts'
import { patchConnection } from './patches/connection.ts'
import { patchConsumerGroup } from './patches/consumer-group.ts'
import { patchFetchRequest } from './patches/fetch-by-id.ts'
import { patchFetchPace } from './patches/fetch-pace.ts'
import { patchFetchResponse } from './patches/fetch-response.ts'
import { patchJoinGroup } from './patches/join-group.ts'
import { patchOffsetManager } from './patches/offset-manager.ts'
import { patchRequestQueue } from './patches/request-queue.ts'
import { patchUnanswered } from './patches/unanswered.ts'

/** Marks the patched kafkajs, so that it is patched once, however often this file is loaded. */
const PATCHED: unique symbol = Symbol.for('belfry.kafkajs.patched')

/**
 * Patches kafkajs in place, once. docs/decisions/0010-kafkajs-is-patched.md lists what is patched and why.
 * @throws KAFKAJS_OTHER where kafkajs is not the known version, or lacks a part that is used
 */
export function patch(): void {
  checkInternals()
  const client = internal('client')
  if (PATCHED in client) return
  patchConnection()
  patchRequestQueue()
  patchUnanswered()
  patchFetchRequest()
  patchFetchResponse()
  patchConsumerGroup()
  patchFetchPace()
  patchBrokerPool()
  patchOffsetManager()
  patchJoinGroup()
  registerCodecs()
  Object.assign(client, { [PATCHED]: true })
}
