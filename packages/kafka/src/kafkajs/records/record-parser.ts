import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../../errors.ts'
import { kafkaLimits } from '../../limits.ts'
import type { ReadMessage } from '../read.ts'
import { Cursor } from './cursor.ts'
import type { Head, Layout } from './layout.ts'

/** How much more is decoded of an answer, in bytes: it is shared by all that the answer holds. */
export interface Room {
  records: number
  /** What is decompressed, whether a record is made of it or not. */
  decompressed: number
}

export interface ParserOptions {
  readonly layout: Layout
  /** How many records there are; infinite where only the end of the bytes tells. */
  readonly count: number
  /** The offset before the first record. */
  readonly before: number
  /** The offset of the last one. */
  readonly last: number
  /** Records below this offset are passed over. */
  readonly from: number
  /** The most bytes that a record may have. */
  readonly most: number
  /** What is over a limit is an error, and not a record that was not read. */
  readonly strict: boolean
  readonly room: Room
  /** Each record is copied out of the piece that it came in. */
  readonly copies: boolean
}

/** What a decoded record takes beside its bytes. */
const OVERHEAD = 512
const MOST_KEPT = kafkaLimits.BATCH_RECORDS.most

/**
 * Finds records in bytes that come piece by piece. It never has more than one record in pieces, and none that has more bytes than it may:
 * that is passed over, and counted.
 */
export class RecordParser {
  readonly messages: ReadMessage[] = []
  /** No more bytes are needed. */
  done: boolean
  /** Records are left for which there was no room. */
  stopped = false
  /** The offset of the last record that was passed. */
  passed: number
  readonly #options: ParserOptions
  #left: number
  #kept = 0
  /** When the log took the last record that was seen. */
  #timestamp = -1
  /** Pieces that wait for more, because they hold part of a head or of a record: how many bytes are here, and needed. */
  #rest: Buffer[] = []
  #held = 0
  #needed = 0
  /** A record that is passed over, and how many bytes of it are still to come. */
  #skipped: Head | undefined
  #skip = 0

  constructor(options: ParserOptions) {
    this.#options = options
    this.#left = options.count
    this.passed = options.before
    this.done = options.count <= 0
  }

  /** Reads what this piece completes. */
  push(piece: Buffer): void {
    this.#rest.push(piece)
    this.#held += piece.length
    if (this.#held >= this.#needed) this.#parse(this.#takeRest(), false)
  }

  /** @throws where bytes are missing */
  end(): void {
    if (!this.done && this.#held > 0) this.#parse(this.#takeRest(), true)
    const isCutOff = this.#held > 0 || this.#skipped !== undefined || Number.isFinite(this.#left)
    if (!this.done && isCutOff) throw new RangeError('the records of a batch say that it has more bytes than it has')
    this.done = true
  }

  /** Reads no more: what is left becomes one record that was not read. */
  giveUp(why: string): void {
    const { last, from } = this.#options
    const offset = Math.max(this.passed + 1, from)
    const what = offset === last ? `record ${offset}` : `records ${offset} to ${last}`
    this.#skipped = undefined
    this.#left = 1
    this.#passUnread({ offset, timestamp: this.#timestamp }, () => kafkaErrors.KAFKA_BATCH_TOO_LARGE({ what, why }))
    this.passed = last
  }

  #takeRest(): Buffer {
    const [first, ...more] = this.#rest
    this.#rest = []
    this.#held = 0
    this.#needed = 0
    return first !== undefined && more.length === 0 ? first : Buffer.concat(first === undefined ? [] : [first, ...more])
  }

  #wait(bytes: Buffer, at: number, needed: number): void {
    this.#rest = [bytes.subarray(at)]
    this.#held = bytes.length - at
    this.#needed = needed
  }

  #parse(bytes: Buffer, isLast: boolean): void {
    const { layout, most } = this.#options
    const cursor = new Cursor(bytes)
    let at = this.#passOver(bytes)
    while (!this.done && this.#held === 0 && at < bytes.length) {
      if (bytes.length - at < layout.headBytes && !isLast) {
        this.#wait(bytes, at, layout.headBytes)
        continue
      }
      cursor.at = at
      cursor.end = bytes.length
      const head = layout.head(cursor)
      this.#expectNext(head, cursor.at)
      if (head.size > most) {
        this.#skipped = head
        this.#skip = head.end - at
        at += this.#passOver(bytes.subarray(at))
      } else if (head.end > bytes.length) {
        // Only what may be kept is waited for, whatever a record says of itself.
        this.#wait(bytes, at, head.end - at)
      } else {
        this.#read(cursor, head)
        at = head.end
      }
    }
  }

  /** Passes over what these bytes have of a record that is not read; answers how many they were. */
  #passOver(bytes: Buffer): number {
    const head = this.#skipped
    if (head === undefined) return 0
    const step = Math.min(this.#skip, bytes.length)
    this.#skip -= step
    if (this.#skip > 0) return step
    this.#skipped = undefined
    const { most } = this.#options
    this.#passUnread(head, () => kafkaErrors.RECORD_TOO_LARGE({ size: head.size, most }), head.size)
    return step
  }

  #expectNext({ offset, size, end, timestamp }: Head, at: number): void {
    if (size < 0 || end < at) throw new RangeError(`a record says that it has ${size} bytes`)
    if (offset <= this.passed || offset > this.#options.last)
      throw new RangeError(
        `record ${offset} is not where it says: its batch goes on from ${this.passed} to ${this.#options.last}`,
      )
    this.#timestamp = timestamp
  }

  #read(cursor: Cursor, head: Head): void {
    const { layout, from, copies } = this.#options
    this.#kept += head.size + OVERHEAD
    if (this.#kept > MOST_KEPT) this.giveUp(`its records have more than ${MOST_KEPT} bytes when it is decompressed`)
    else if (head.offset < from) this.#pass(head.offset)
    else {
      const own = copies ? new Cursor(Buffer.from(cursor.bytes.subarray(cursor.at, head.end))) : cursor
      if (!copies) cursor.end = head.end
      this.#pass(head.offset, layout.message(own, head), head.size)
    }
  }

  #passUnread(head: Pick<Head, 'offset' | 'timestamp'>, make: () => BelfryError, size?: number): void {
    const { layout, from, strict } = this.#options
    const error = withoutStack(make)
    if (strict) throw error
    const unread = { error, ...(size !== undefined && { size }) }
    this.#pass(head.offset, head.offset < from ? undefined : layout.unread(head, unread))
  }

  #pass(offset: number, message?: ReadMessage, size = 0): void {
    const { room } = this.#options
    this.passed = offset
    this.#left--
    if (message !== undefined) {
      this.messages.push(message)
      room.records -= size + OVERHEAD
    }
    this.stopped = this.#left > 0 && message !== undefined && room.records <= 0
    this.done = this.stopped || this.#left === 0
  }
}

/** The error waits with its record, and its stack would keep all that stands on it now: the batch, and what was read of it. */
function withoutStack<Made>(make: () => Made): Made {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return make()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
