import type { SourceRecord } from '@belfry/core'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import { unreadOf } from '../kafkajs/fetched-messages.ts'

/** Turns a message of kafkajs into a record. */
export function sourceRecordOf(message: KafkaMessage): SourceRecord {
  const { offset, timestamp, key, value, headers } = message
  const unread = unreadOf(message)
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: textsOf(headers),
    ...(unread !== undefined && { unread }),
  }
}

const none: Readonly<Record<string, string>> = {}

/** Headers as texts; the last of several with one name, as in Kafka's own clients. */
function textsOf(headers: IHeaders | undefined): Readonly<Record<string, string>> {
  if (headers === undefined) return none
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    // As own fields, also under a name like __proto__.
    if (value !== undefined && value !== null)
      Object.defineProperty(texts, name, { value: String(value), enumerable: true, configurable: true, writable: true })
  }
  return texts
}
