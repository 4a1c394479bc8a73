import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../../errors.ts'
import { kafkaLimits } from '../../limits.ts'
import type { FetchedMessage } from '../fetched-messages.ts'
import { Cursor } from './cursor.ts'
import type { Head, Layout } from './layout.ts'

/** How many more bytes of an answer are decoded. All partitions of the answer share it. */
export interface Room {
  records: number
  /** Decompressed bytes, whether records are made of them or not. */
  decompressed: number
}

export interface ParserOptions {
  readonly layout: Layout
  /** How many records there are; infinite where only the end of the bytes shows it. */
  readonly count: number
  /** The offset before the first record. */
  readonly before: number
  /** The offset of the last one. */
  readonly last: number
  /** Records below this offset are passed over. */
  readonly from: number
  /** The most bytes that a record may have. */
  readonly most: number
  /** A record over a limit is an error, instead of a record that was not read. */
  readonly strict: boolean
  readonly room: Room
  /** Each record is copied out of the piece that it came in. */
  readonly copies: boolean
}

/** The memory that a decoded record takes beside its bytes. */
const OVERHEAD_BYTES = 512
const MAX_KEPT_BYTES = kafkaLimits.BATCH_RECORDS.most

/**
 * Reads records from bytes that arrive in pieces. It buffers at most one incomplete record, and none over the limit: such a record is
 * passed over.
 */
export class RecordParser {
  readonly messages: FetchedMessage[] = []
  /** No more bytes are needed. */
  done: boolean
  /** Records are left for which there was no room. */
  stopped = false
  /** The offset of the last record that was passed. */
  passed: number
  readonly #options: ParserOptions
  #left: number
  #kept = 0
  /** When the log took the last record that was parsed. */
  #timestamp = -1
  /** Pieces that hold part of a head or of a record; how many bytes they are, and how many are needed. */
  #rest: Buffer[] = []
  #buffered = 0
  #needed = 0
  /** A record that is passed over, and how many of its bytes have not arrived. */
  #skipped: Head | undefined
  #skip = 0

  constructor(options: ParserOptions) {
    this.#options = options
    this.#left = options.count
    this.passed = options.before
    this.done = options.count <= 0
  }

  /** Reads the records that this piece completes. */
  push(piece: Buffer): void {
    this.#rest.push(piece)
    this.#buffered += piece.length
    if (this.#buffered >= this.#needed) this.#parse(this.#takeRest(), false)
  }

  /** @throws where bytes are missing */
  end(): void {
    if (!this.done && this.#buffered > 0) this.#parse(this.#takeRest(), true)
    const isCutOff = this.#buffered > 0 || this.#skipped !== undefined || Number.isFinite(this.#left)
    if (!this.done && isCutOff) throw new RangeError('a batch ends before its last record ends')
    this.done = true
  }

  /** Stops reading: all records that are left become one that was not read. */
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
    this.#buffered = 0
    this.#needed = 0
    return first !== undefined && more.length === 0 ? first : Buffer.concat(first === undefined ? [] : [first, ...more])
  }

  #wait(bytes: Buffer, at: number, needed: number): void {
    this.#rest = [bytes.subarray(at)]
    this.#buffered = bytes.length - at
    this.#needed = needed
  }

  #parse(bytes: Buffer, isLast: boolean): void {
    const { layout, most } = this.#options
    const cursor = new Cursor(bytes)
    let at = this.#passOver(bytes)
    while (!this.done && this.#buffered === 0 && at < bytes.length) {
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
        // A size over the limit never gets here, so at most one record of the limit is buffered.
        this.#wait(bytes, at, head.end - at)
      } else {
        this.#read(cursor, head)
        at = head.end
      }
    }
  }

  /** Passes over the bytes of a record that is not read, and returns how many they are. */
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
    if (size < 0 || end < at) throw new RangeError(`the size of a record is given as ${size} bytes`)
    if (offset <= this.passed || offset > this.#options.last)
      throw new RangeError(
        `record ${offset} is out of order: its batch continues after ${this.passed}, up to ${this.#options.last}`,
      )
    this.#timestamp = timestamp
  }

  #read(cursor: Cursor, head: Head): void {
    const { layout, from, copies } = this.#options
    this.#kept += head.size + OVERHEAD_BYTES
    if (this.#kept > MAX_KEPT_BYTES)
      this.giveUp(`its records have more than ${MAX_KEPT_BYTES} bytes when it is decompressed`)
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

  #pass(offset: number, message?: FetchedMessage, size = 0): void {
    const { room } = this.#options
    this.passed = offset
    this.#left--
    if (message !== undefined) {
      this.messages.push(message)
      room.records -= size + OVERHEAD_BYTES
    }
    this.stopped = this.#left > 0 && message !== undefined && room.records <= 0
    this.done = this.stopped || this.#left === 0
  }
}

/** The error waits with its record, and a stack trace would keep the batch and what was read of it in memory. */
function withoutStack<Made>(make: () => Made): Made {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return make()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
