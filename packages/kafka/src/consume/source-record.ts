import { isUtf8 } from 'node:buffer'
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
      Object.defineProperty(texts, name, { value: textOf(value), enumerable: true, configurable: true, writable: true })
  }
  return texts
}

/**
 * A header that is not UTF-8 is read as Latin-1: as UTF-8, different bytes would become one replacement character, and two ids that differ in
 * them one event.
 */
function textOf(value: string | Buffer): string {
  const text = String(value)
  return text.includes('\ufffd') && typeof value !== 'string' && !isUtf8(value) ? value.toString('latin1') : text
}
