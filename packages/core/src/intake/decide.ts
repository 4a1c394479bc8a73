import { type Decoded, decodeEnvelope, decodeRecord, type Envelope, keyOf, momentOf } from '@belfry/contracts'
import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { createYieldToLoop } from '../flow/yield-to-loop.ts'
import type { Asked, Host, Outcome } from '../host/host.ts'
import type { Incoming, Place } from '../host/incoming.ts'
import type { RecordWatch } from '../host/watch.ts'
import { coreLimits } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Entry, PluginEffects, Slice } from '../ports/batches.ts'
import { clipMessage } from '../ports/cut-letter.ts'
import type { DeadLetter } from '../ports/dead-letter.ts'
import type { EventRef } from '../ports/event-ref.ts'
import type { Chunk, SourceRecord } from '../ports/source.ts'

export interface DecideOptions {
  readonly host: Host
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Events older than this many milliseconds notify nobody. */
  readonly notifyMaxAge: number
  /** How topics of plain JSON are read, by topic. */
  readonly envelopes?: Envelopes
  /** Told which record is being decoded. */
  readonly decoding?: RecordWatch
}

/** How topics of plain JSON are read, by topic; all others hold CloudEvents. */
export type Envelopes = Readonly<Record<string, Envelope>>

/** An entry with the record that it was decided from, kept until it is applied. */
export interface Decided extends Entry {
  readonly record: SourceRecord
  /** Its event was older than `notifyMaxAge`, and so notified nobody. */
  readonly tooOld: boolean
}

/** A slice of decided records. */
export interface DecidedSlice extends Slice {
  readonly entries: readonly Decided[]
}

/** So many types are said: whoever makes up a new one for each event would fill the log, and what is remembered of it. */
const MOST_SAID = 200

/** What is known of one record before its handlers have run. */
interface Read {
  readonly record: SourceRecord
  readonly incoming?: Incoming
  readonly problem?: { readonly error: BelfryError; readonly type?: string }
}

/**
 * Makes the function that turns records into slices: each record is decoded once, its plugins decide, and what cannot be
 * decoded or decided becomes a dead letter in its place.
 */
export function createDecide({
  host,
  log,
  clock,
  notifyMaxAge,
  envelopes = {},
  decoding,
}: DecideOptions): (chunks: readonly Chunk[], asked?: Asked) => Promise<readonly DecidedSlice[]> {
  const [types, topics] = [new Set<string>(), new Set<string>()]
  const sayOnce = (said: Set<string>, name: string, fields: object, sentence: string) => {
    if (said.has(name) || said.size >= MOST_SAID) return
    said.add(name)
    log.info(fields, sentence)
  }

  const read = (record: SourceRecord, { topic, partition }: Chunk, { blocked }: Asked): Read => {
    if (record.unread !== undefined) return { record, problem: record.unread }
    const place = { topic, partition, offset: record.offset }
    const why = blocked?.(place)
    if (why !== undefined) return { record, problem: { error: coreErrors.RECORD_BLOCKED({ why }) } }
    decoding?.enter(place)
    const decoded = decode(record, place)
    decoding?.leave()
    if (decoded.kind === 'event') return { record, incoming: { ...decoded, place } }
    if (decoded.kind === 'unknown')
      sayOnce(
        types,
        decoded.type,
        { topic, type: decoded.type },
        'no plugin listens to this type of event: skipped, and not said again',
      )
    if (decoded.kind !== 'invalid') return { record }
    return { record, problem: { error: decoded.error, ...(decoded.type !== undefined && { type: decoded.type }) } }
  }

  const decode = (record: SourceRecord, place: Place): Decoded => {
    const { topic } = place
    const envelope = Object.hasOwn(envelopes, topic) ? envelopes[topic] : undefined
    return envelope === undefined
      ? decodeRecord(record, host.contracts)
      : decodeEnvelope(record, envelope, place, host.contracts)
  }

  /** Lets everything else in this thread have its turn between records. */
  const readAll = async (chunks: readonly Chunk[], asked: Asked): Promise<readonly (readonly Read[])[]> => {
    const yieldToLoop = createYieldToLoop(coreLimits.UNBROKEN_WORK.most)
    const all: Read[][] = []
    for (const chunk of chunks) {
      const own: Read[] = []
      all.push(own)
      for (const record of chunk.records) {
        const turn = yieldToLoop()
        if (turn) await turn
        own.push(read(record, chunk, asked))
      }
    }
    return all
  }

  const isTooOld = ({ time }: EventRef, topic: string): boolean => {
    if (Date.parse(time) >= clock() - notifyMaxAge) return false
    sayOnce(topics, topic, { topic, time }, 'events older than notify_max_age notify nobody: said once for this topic')
    return true
  }

  const entryOf = ({ record, incoming, problem }: Read, outcome: Outcome | undefined, topic: string): Decided => {
    const { offset } = record
    const none = { record, offset, effects: [], deadLetters: [], tooOld: false }
    if (problem) return { ...none, deadLetters: [deadLetterOf(record, problem.error, problem)] }
    if (!incoming || !outcome) return none
    const event = refOf(incoming, record)
    const tooOld = isTooOld(event, topic)
    return {
      record,
      offset,
      event,
      tooOld,
      effects: tooOld ? withoutNews(outcome.effects) : outcome.effects,
      deadLetters: outcome.failures.map(({ plugin, handler, error }) =>
        deadLetterOf(record, error, { type: event.type, plugin, handler }),
      ),
    }
  }

  return async (chunks, asked = {}) => {
    const reads = await readAll(chunks, asked)
    const outcomes = await host.dispatch(
      reads.flat().flatMap(({ incoming }) => incoming ?? []),
      asked,
    )
    let next = 0
    return chunks.map((chunk, index): DecidedSlice => {
      const decided = (reads[index] ?? []).map((one) => ({ one, outcome: one.incoming && outcomes[next++] }))
      // What was not decided in time, and all that lies behind it in its partition, is left for later.
      const end = decided.findIndex(({ outcome }) => outcome?.undecided === true)
      const first = decided[end]
      return {
        topic: chunk.topic,
        partition: chunk.partition,
        from: chunk.from,
        next: first === undefined ? chunk.next : first.one.record.offset,
        entries: [
          // It is said with the first record that follows.
          ...(end === 0 ? [] : goneOf(chunk)),
          ...decided
            .slice(0, first === undefined ? undefined : end)
            .map(({ one, outcome }) => entryOf(one, outcome, chunk.topic)),
        ],
      }
    })
  }
}

/** What the log has lost is kept in mind as a dead letter without bytes, where the first of it was. */
function goneOf({ from, gone }: Chunk): readonly Decided[] {
  if (gone === undefined) return []
  const record: SourceRecord = { offset: from, timestamp: 0, key: null, value: null, headers: {} }
  const deadLetters = [deadLetterOf(record, coreErrors.RECORDS_GONE({ what: gone }), {})]
  return [{ record, offset: from, effects: [], deadLetters, tooOld: false }]
}

/** History brings audiences and profiles up to date; what it says is no news. */
const withoutNews = (effects: readonly PluginEffects[]): readonly PluginEffects[] =>
  effects.map(({ plugin, effects: all }) => ({ plugin, effects: all.filter(({ kind }) => kind !== 'notify') }))

function refOf({ event, contract }: Incoming, record: SourceRecord): EventRef {
  const { source, id, type, traceparent } = event
  const time = event.time ?? new Date(momentOf(record.timestamp)).toISOString()
  return { source, id, type, time, key: keyOf(event, contract), ...(traceparent !== undefined && { traceparent }) }
}

/** What is kept of a record that could not be told. */
export function deadLetterOf(
  record: Omit<SourceRecord, 'offset'>,
  error: BelfryError,
  where: { readonly type?: string; readonly plugin?: string; readonly handler?: string },
): DeadLetter {
  const { key, value, headers, timestamp, unread } = record
  const { type, plugin, handler } = where
  return {
    code: error.code,
    message: clipMessage(error.sentence),
    ...(type !== undefined && { type }),
    ...(plugin !== undefined && { plugin }),
    ...(handler !== undefined && { handler }),
    key,
    value,
    headers,
    timestamp: momentOf(timestamp),
    ...(unread?.size !== undefined && { size: unread.size }),
  }
}
