import { optionalAttributes } from './attributes.ts'
import type { CloudEvent } from './cloud-event.ts'

/** Encodes an event as a record of its topic, in the binary mode of CloudEvents: the attributes are headers, the value is the data. */
export function encodeRecord(
  event: CloudEvent,
  contract: { readonly topic: string; readonly key: string },
): { topic: string; key: string; value: string; headers: Record<string, string> } {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    'content-type': 'application/json',
  }
  for (const name of optionalAttributes) {
    const value = event[name]
    if (value !== undefined) headers[`ce_${name}`] = value
  }
  return { topic: contract.topic, key: keyOf(event, contract), value: JSON.stringify(event.data), headers }
}

/** Returns the key of an event: the value of the data field that its contract names. */
export function keyOf(event: CloudEvent, { key }: { readonly key: string }): string {
  const value: unknown =
    typeof event.data === 'object' && event.data !== null ? Reflect.get(event.data, key) : undefined
  return String(value)
}
