import type { SourceRecord } from '@belfry/core'
import type { KafkaMessage } from 'kafkajs'
import { textsOf, unreadOf } from '../kafkajs/fetched-messages.ts'

/** Turns a message of kafkajs into a record. */
export function sourceRecordOf(message: KafkaMessage): SourceRecord {
  const { offset, timestamp, key, value } = message
  const unread = unreadOf(message)
  const { headers, forms } = textsOf(message)
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers,
    ...(forms !== undefined && { forms }),
    ...(unread !== undefined && { unread }),
  }
}
