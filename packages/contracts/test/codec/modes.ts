import {
  allContracts,
  type Contract,
  type Decoded,
  type DecodedHttp,
  decodeHttp,
  decodeRecord,
  type HttpEvent,
  type KafkaRecord,
} from '../../src/index.ts'

/** One small valid event, and how it is sent in each mode of both bindings. */

export const contracts: ReadonlyMap<string, Contract> = new Map(
  allContracts.map((contract) => [contract.type, contract]),
)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const attributes = { specversion: '1.0', type: 'user.deleted', source: '/s', id: '1' }
export const data = { userId: 'u1' }
export const event = { ...attributes, data }
export const STRUCTURED = 'application/cloudevents+json'
export const BATCH = 'application/cloudevents-batch+json'

const prefixed = (prefix: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]))
export const ceHeaders = prefixed('ce_', attributes)
export const httpHeaders = prefixed('ce-', attributes)

const asBytes = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? value : bytes(typeof value === 'string' ? value : JSON.stringify(value))

/** Decodes a record of Kafka. A value that is neither text nor bytes is sent as JSON. */
export function kafka(headers: Readonly<Record<string, string>>, value: unknown): Decoded {
  const record: KafkaRecord = { key: null, value: asBytes(value), headers, timestamp: 0 }
  return decodeRecord(record, contracts)
}
/** Decodes a request of HTTP, likewise. */
export function http(headers: HttpEvent['headers'], body: unknown): DecodedHttp {
  const options = { acceptedAt: '1970-01-01T00:00:00.000Z', maxBatch: 10 }
  return decodeHttp({ headers, body: asBytes(body) }, contracts, options)
}

/** The events, or the code and sentence of the error, or what else it is. */
export function outcome(decoded: Decoded | DecodedHttp): unknown {
  if ('ok' in decoded) return decoded.ok ? decoded.events.map(({ event }) => event) : decoded.error.message
  if (decoded.kind === 'event') return [decoded.event]
  return decoded.kind === 'invalid' ? decoded.error.message : decoded.kind
}
/** The remedy of the error. */
export function remedyOf(decoded: Decoded | DecodedHttp): string | undefined {
  return 'error' in decoded ? decoded.error.remedy : undefined
}
/** What a valid event is after decoding. */
export const whole = { ...event, time: '1970-01-01T00:00:00.000Z' }
