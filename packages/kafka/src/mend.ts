import { registerCodecs } from './codecs/codec-of.ts'
import { mendBrokerPool } from './mends/broker-pool.ts'
import { mendConnection } from './mends/connection.ts'
import { mendConsumerGroup } from './mends/consumer-group.ts'
import { mendFetchRequest } from './mends/fetch-by-id.ts'
import { mendFetchResponse } from './mends/fetch-response.ts'
import { expectKnown, inside } from './mends/inside.ts'
import { mendJoinGroup } from './mends/join-group.ts'
import { mendOffsetManager } from './mends/offset-manager.ts'
import { mendRequestQueue } from './mends/request-queue.ts'
import { mendUnanswered } from './mends/unanswered.ts'

/** On what is mended, so that it is mended once, however often this file is loaded. */
const MENDED: unique symbol = Symbol.for('belfry.kafkajs.mended')

/**
 * Mends kafkajs in place, once: what and why, in docs/decisions/0010-kafkajs-is-mended.md.
 * @throws KAFKAJS_OTHER where kafkajs is not the version that is known
 */
export function mend(): void {
  expectKnown()
  const client = inside('index')
  if (MENDED in client) return
  mendConnection()
  mendRequestQueue()
  mendUnanswered()
  mendFetchRequest()
  mendFetchResponse()
  mendConsumerGroup()
  mendBrokerPool()
  mendOffsetManager()
  mendJoinGroup()
  registerCodecs()
  Object.assign(client, { [MENDED]: true })
}
