import { shorten } from '../check/shown.ts'
import { eventErrors } from '../event-errors.ts'
import { type Decoded, decodedOf, type KafkaRecord, timeOf } from './decode-record.ts'
import { type Contracts, MAX_TYPE_CHARACTERS, readEvent, readJson } from './read-event.ts'

/** Describes how a topic of plain JSON is read: the paths of fields, with dots between levels. */
export interface Envelope {
  readonly type: string
  /** Without it, the id is made from topic, partition and offset. */
  readonly id?: string
  /** Without it, the event has the timestamp of its record. */
  readonly time?: string
  /** Without it, the whole object is the data. */
  readonly data?: string
  /** The `source` of all events of the topic. This is the value, not a path. */
  readonly source: string
}

/** Decodes a record of plain JSON as its topic's envelope describes. Never throws. */
export function decodeEnvelope(
  record: KafkaRecord,
  envelope: Envelope,
  place: { readonly topic: string; readonly partition: number; readonly offset: number },
  contracts: Contracts,
): Decoded {
  if (record.value === null) return { kind: 'tombstone' }
  const json = readJson(record.value)
  if (!json.ok) return { kind: 'invalid', error: json.error }
  const type = fieldAt(json.value, envelope.type)
  if (typeof type !== 'string' || type === '')
    return {
      kind: 'invalid',
      error: eventErrors.EVENT_NOT_CLOUDEVENT({ why: `its envelope has no type at ${envelope.type}` }),
    }
  const contract = contracts.get(type)
  if (contract === undefined) return { kind: 'unknown', type: shorten(type, MAX_TYPE_CHARACTERS) }
  const attributes: Readonly<Record<string, unknown>> = {
    specversion: '1.0',
    source: envelope.source,
    id:
      envelope.id === undefined
        ? `${place.topic}/${place.partition}/${place.offset}`
        : idOf(fieldAt(json.value, envelope.id)),
    time: envelope.time === undefined ? undefined : fieldAt(json.value, envelope.time),
  }
  const data = envelope.data === undefined ? json.value : fieldAt(json.value, envelope.data)
  return decodedOf(readEvent((name) => attributes[name], data, contract, timeOf(record.timestamp)))
}

/** In plain JSON an id may be a number. */
const idOf = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value)

/** The field at a dotted path; undefined where any level is missing. */
function fieldAt(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = Reflect.get(at, name)
  }
  return at
}
