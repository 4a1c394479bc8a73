import { type FetchedMessage, TEXTS, UNREAD } from '../fetched-messages.ts'
import { type Cursor, countOfHeaders } from './cursor.ts'
import type { Layout } from './layout.ts'
import { readTexts } from './read-texts.ts'

/** The fields of a record batch that are about all its records. */
export interface BatchHead {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly attributes: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: string
  /** The number of its records. */
  readonly count: number
}

const MAGIC = 2
const LOG_APPEND_TIME = 0x8
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
/** The most bytes of a head: length, attributes, timestamp and offset. */
const HEAD_BYTES = 5 + 1 + 10 + 5

/** Reads a record batch up to its records. */
export function readBatchHead(cursor: Cursor): BatchHead {
  const firstOffset = cursor.int64()
  // Its length, the leader's epoch, the magic byte and a checksum.
  cursor.pass(4 + 4 + 1 + 4)
  const attributes = cursor.int16()
  const lastOffset = firstOffset + cursor.int32()
  const [firstTimestamp, maxTimestamp] = [cursor.int64(), cursor.int64()]
  const producerId = String(cursor.bytes.readBigInt64BE(cursor.pass(8)))
  // The producer's epoch, and its number of the first record.
  cursor.pass(2 + 4)
  return { firstOffset, lastOffset, attributes, firstTimestamp, maxTimestamp, producerId, count: cursor.int32() }
}

/** How the records of a record batch are laid out. `texts`: their headers are read as texts. */
export function batchLayout(
  { firstOffset, attributes: all, firstTimestamp, maxTimestamp, producerId }: BatchHead,
  texts: boolean,
): Layout {
  const isControlRecord = (all & CONTROL) !== 0
  const batchContext = { producerId, inTransaction: (all & TRANSACTIONAL) !== 0 }
  const appendedAt = (all & LOG_APPEND_TIME) !== 0 ? maxTimestamp : undefined
  const common = { magicByte: MAGIC, attributes: 0, isControlRecord, batchContext }
  return {
    headBytes: HEAD_BYTES,
    head(cursor) {
      const size = cursor.varint()
      const end = cursor.at + size
      // The attributes of records have no meaning yet.
      cursor.pass(1)
      const timestamp = firstTimestamp + cursor.varlong()
      const offset = firstOffset + cursor.varint()
      return { size, end, offset, timestamp: appendedAt ?? timestamp }
    },
    message(cursor, { offset, timestamp }) {
      const key = cursor.slice(cursor.varint())
      const value = cursor.slice(cursor.varint())
      const read = { ...common, timestamp: String(timestamp), offset: String(offset), key, value }
      return texts ? { ...read, [TEXTS]: readTexts(cursor) } : { ...read, headers: readHeaders(cursor) }
    },
    unread: ({ offset, timestamp }, unread) => ({
      ...common,
      timestamp: String(timestamp),
      offset: String(offset),
      key: null,
      value: null,
      headers: {},
      [UNREAD]: unread,
    }),
  }
}

/** Returns headers as own fields, also under a name like __proto__; several of one name as a list, in their order. */
function readHeaders(cursor: Cursor): NonNullable<FetchedMessage['headers']> {
  const count = countOfHeaders(cursor)
  const headers: Record<string, Buffer | null | (Buffer | null)[]> = {}
  for (let left = count; left > 0; left--) {
    const name = String(cursor.slice(cursor.varint()))
    const value = cursor.slice(cursor.varint())
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (Array.isArray(before)) before.push(value)
    else set(headers, name, before === undefined ? value : [before, value])
  }
  return headers
}

/** `__proto__` is a name like any other. */
function set<Value>(all: Record<string, Value>, name: string, value: Value): void {
  if (name !== '__proto__') all[name] = value
  else Object.defineProperty(all, name, { value, enumerable: true, configurable: true, writable: true })
}
