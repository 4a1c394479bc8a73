import { keyOf, momentOf } from '@belfry/contracts'
import { coreErrors } from '../errors.ts'
import type { DispatchOptions } from '../host/dispatcher.ts'
import type { Host } from '../host/host.ts'
import type { Incoming } from '../host/incoming.ts'
import type { Outcome } from '../host/outcome.ts'
import type { RecordWatch } from '../host/watch.ts'
import type { Entry, Slice } from '../ports/batches.ts'
import type { EventRef } from '../ports/event-ref.ts'
import type { Chunk, SourceRecord } from '../ports/source.ts'
import { deadLetterOf } from './dead-letters.ts'
import { type DecodedRecord, Decoder, type Envelopes } from './decode.ts'
import { contentOf } from './records/content-of.ts'
import { withoutNotifying } from './records/notifying.ts'
import type { RecordForm } from './records/record-forms.ts'

export interface DeciderOptions {
  readonly host: Host
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Events older than this many milliseconds cause no notifications. */
  readonly notifyMaxAge: number
  readonly envelopes: Envelopes
  /** Notified which record is being decoded. */
  readonly decoding: RecordWatch | undefined
}

/** An entry with the record that it was decided from, kept until it is applied. */
export interface Decided extends Entry {
  readonly record: SourceRecord
  /** How the record differs from what producers are to send. */
  readonly forms: readonly RecordForm[]
  /** The type that no plugin listens to, for which it was skipped. */
  readonly unknownType?: string
}

/** A slice of decided records. */
export interface DecidedSlice extends Slice {
  readonly entries: readonly Decided[]
}

/**
 * Turns records into slices: each record is decoded once, its plugins decide, and what cannot be decoded or decided becomes a dead letter
 * in its place.
 */
export class Decider {
  readonly #options: DeciderOptions
  readonly #decoder: Decoder

  constructor(options: DeciderOptions) {
    this.#options = options
    this.#decoder = new Decoder(options)
  }

  /** Returns one slice for each chunk, in the same order. */
  async decide(chunks: readonly Chunk[], options: DispatchOptions = {}): Promise<readonly DecidedSlice[]> {
    const decoded = await this.#decoder.decodeAll(chunks, options.blocked)
    const outcomes = await this.#options.host.dispatch(
      decoded.flat().flatMap(({ incoming }) => incoming ?? []),
      options,
    )
    let next = 0
    return chunks.map((chunk, index) => {
      const all = (decoded[index] ?? []).map((one) => ({ one, outcome: one.incoming && outcomes[next++] }))
      // What was not decided in time, and all that lies behind it in its partition, is left for later.
      const end = all.findIndex(({ outcome }) => outcome?.undecided === true)
      const undecided = all[end]
      const entries = (undecided === undefined ? all : all.slice(0, end)).map(({ one, outcome }) =>
        this.#entryOf(one, outcome),
      )
      return {
        topic: chunk.topic,
        partition: chunk.partition,
        from: chunk.from,
        next: undecided === undefined ? chunk.next : undecided.one.record.offset,
        // What the log has lost is kept with the first record that follows.
        entries: end === 0 ? entries : [...goneOf(chunk), ...entries],
      }
    })
  }

  #entryOf(decoded: DecodedRecord, outcome: Outcome | undefined): Decided {
    const { record, incoming, problem, forms, unknownType } = decoded
    const { offset } = record
    const none = {
      record,
      offset,
      effects: [],
      deadLetters: [],
      forms,
      ...(unknownType !== undefined && { unknownType }),
    }
    if (problem) return { ...none, deadLetters: [deadLetterOf(record, problem.error, problem)] }
    if (!incoming || !outcome) return none
    const event = refOf(incoming, record)
    const isTooOld = this.#isTooOld(event)
    return {
      record,
      offset,
      event,
      forms: isTooOld ? [...forms, 'too_old'] : forms,
      effects: isTooOld ? withoutNotifying(outcome.effects) : outcome.effects,
      deadLetters: outcome.failures.map(({ plugin, handler, error }) =>
        deadLetterOf(record, error, { type: event.type, plugin, handler }),
      ),
    }
  }

  #isTooOld({ time }: EventRef): boolean {
    const { clock, notifyMaxAge } = this.#options
    return !(Date.parse(time) >= clock() - notifyMaxAge)
  }
}

/** A dead letter without bytes for what the log has lost, where the first of it was. */
function goneOf({ from, gone }: Chunk): readonly Decided[] {
  if (gone === undefined) return []
  const record: SourceRecord = { offset: from, timestamp: 0, key: null, value: null, headers: {} }
  const deadLetters = [deadLetterOf(record, coreErrors.RECORDS_GONE({ what: gone }), {})]
  return [{ record, offset: from, effects: [], deadLetters, forms: [] }]
}

function refOf({ event, contract }: Incoming, record: SourceRecord): EventRef {
  const { source, id, type, traceparent } = event
  const time = event.time ?? new Date(momentOf(record.timestamp)).toISOString()
  const [key, content] = [keyOf(event, contract), contentOf(event)]
  return { source, id, type, time, key, content, ...(traceparent !== undefined && { traceparent }) }
}
