import { isUtf8 } from 'node:buffer'
import type { SourceForm, SourceRecord } from '@belfry/core'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import { unreadOf } from '../kafkajs/fetched-messages.ts'

/** Turns a message of kafkajs into a record. */
export function sourceRecordOf(message: KafkaMessage): SourceRecord {
  const { offset, timestamp, key, value, headers } = message
  const unread = unreadOf(message)
  const forms = new Set<SourceForm>()
  const texts = textsOf(headers, forms)
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: texts,
    ...(forms.size > 0 && { forms: [...forms] }),
    ...(unread !== undefined && { unread }),
  }
}

const none: Readonly<Record<string, string>> = {}
/** Headers that Belfry reads; those of others may hold any bytes. */
const ATTRIBUTE = /^ce[-_]/i

/** Headers as texts; the last of several with one name, as in Kafka's own clients. */
function textsOf(headers: IHeaders | undefined, forms: Set<SourceForm>): Readonly<Record<string, string>> {
  if (headers === undefined) return none
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    if (value === undefined || value === null) continue
    if (Array.isArray(given) && given.length > 1 && ATTRIBUTE.test(name)) forms.add('repeated_attributes')
    const text = String(value)
    // As UTF-8, different bytes would become one replacement character, and two ids that differ in them one event.
    const isLatin1 = text.includes('\ufffd') && typeof value !== 'string' && !isUtf8(value)
    if (isLatin1 && ATTRIBUTE.test(name)) forms.add('latin1_attributes')
    // As own fields, also under a name like __proto__.
    Object.defineProperty(texts, name, {
      value: isLatin1 ? value.toString('latin1') : text,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return texts
}
