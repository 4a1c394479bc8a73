import { type Decoded, decodeEnvelope, decodeRecord, type Envelope } from '@belfry/contracts'
import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { createYieldToLoop } from '../flow/yield-to-loop.ts'
import type { DispatchOptions } from '../host/dispatcher.ts'
import type { Host } from '../host/host.ts'
import type { Incoming, Place } from '../host/incoming.ts'
import type { RecordWatch } from '../host/watch.ts'
import { coreLimits } from '../limits.ts'
import type { DeadLetter } from '../ports/dead-letter.ts'
import type { Chunk, SourceRecord } from '../ports/source.ts'
import { formsOf, type RecordForm } from './records/record-forms.ts'

/** How topics of plain JSON are read, by topic; all others hold CloudEvents. */
export type Envelopes = Readonly<Record<string, Envelope>>

export interface DecoderOptions {
  readonly host: Pick<Host, 'contracts'>
  readonly envelopes: Envelopes
  /** Notified which record is being decoded. */
  readonly decoding: RecordWatch | undefined
}

/** A record before its handlers have run: an event for them, a problem, or neither: it is skipped. */
export interface DecodedRecord {
  readonly record: SourceRecord
  readonly incoming?: Incoming
  /** How it differs from what producers are to send. */
  readonly forms: readonly RecordForm[]
  /** The type that no plugin listens to, for which it is skipped. */
  readonly unknownType?: string
  readonly problem?: { readonly error: BelfryError } & Pick<DeadLetter, 'type' | 'identity'>
}

/** What could be read of an event that is refused. */
function whereOf({ type, source, id }: Extract<Decoded, { kind: 'invalid' }>): Pick<DeadLetter, 'type' | 'identity'> {
  const identity = { ...(source !== undefined && { source }), ...(id !== undefined && { id }) }
  return { ...(type !== undefined && { type }), ...(Object.keys(identity).length > 0 && { identity }) }
}

/** Decodes records, each once. */
export class Decoder {
  readonly #options: DecoderOptions

  constructor(options: DecoderOptions) {
    this.#options = options
  }

  /** Decodes the records of each chunk, and yields to everything else in this thread between them. */
  async decodeAll(
    chunks: readonly Chunk[],
    blocked: DispatchOptions['blocked'],
  ): Promise<readonly (readonly DecodedRecord[])[]> {
    const yieldToLoop = createYieldToLoop(coreLimits.UNBROKEN_WORK.most)
    const all: DecodedRecord[][] = []
    for (const { topic, partition, records } of chunks) {
      const own: DecodedRecord[] = []
      all.push(own)
      for (const record of records) {
        const turn = yieldToLoop()
        if (turn) await turn
        own.push(this.#decode(record, { topic, partition, offset: record.offset }, blocked))
      }
    }
    return all
  }

  #decode(record: SourceRecord, place: Place, blocked: DispatchOptions['blocked']): DecodedRecord {
    const forms: readonly RecordForm[] = []
    if (record.unread !== undefined) return { record, forms, problem: record.unread }
    const why = blocked?.(place)
    if (why !== undefined) return { record, forms, problem: { error: coreErrors.RECORD_BLOCKED({ why }) } }
    const { decoding } = this.#options
    decoding?.enter(place)
    const decoded = this.#decodeBytes(record, place)
    decoding?.leave()
    if (decoded.kind === 'event')
      return { record, incoming: { ...decoded, place }, forms: formsOf(decoded, record, place) }
    if (decoded.kind === 'unknown') return { record, forms, unknownType: decoded.type }
    if (decoded.kind === 'tombstone') return { record, forms: [record.value === null ? 'tombstone' : 'empty'] }
    return { record, forms, problem: { error: decoded.error, ...whereOf(decoded) } }
  }

  #decodeBytes(record: SourceRecord, place: Place): Decoded {
    const { host, envelopes } = this.#options
    const envelope = Object.hasOwn(envelopes, place.topic) ? envelopes[place.topic] : undefined
    return envelope === undefined
      ? decodeRecord(record, host.contracts)
      : decodeEnvelope(record, envelope, place, host.contracts)
  }
}
