import { setImmediate as others } from 'node:timers/promises'
import { createSerialQueue } from '@belfry/core/flow'
import { kafkaLimits } from '../../limits.ts'
import { type Codec, NotKept } from '../codecs/codec.ts'
import { codecOf } from '../codecs/codec-of.ts'
import { note, type ReadMessage } from '../read.ts'
import { batchLayout, readBatchHead } from './batch-layout.ts'
import { Cursor } from './cursor.ts'
import { type ParserOptions, RecordParser, type Room } from './record-parser.ts'
import { setLayout } from './set-layout.ts'

/** What was asked for of a partition. */
export interface Asked {
  /** The first offset that is wanted. */
  readonly from: number
  /** The most bytes that a record may have; absent for consumers that are not ours, which get all, or an error. */
  readonly mostRecordBytes?: number
}

/** Offset, size, four bytes that differ, and the format. */
const PREFIX = 17
const SIZE_AT = 8
const MAGIC_AT = 16
const RECORD_BATCH = 2
/** Sizes count from here on. */
const COUNTED_FROM = 12
/** The header of a record batch. */
const BATCH_HEADER = 61
const COMPRESSION = 0x07
/** Others get their turn after so many bytes. */
const STEP = 1_048_576
const { BATCH_AT_ONCE, BATCH_BYTES } = kafkaLimits

type Options = Pick<ParserOptions, 'from' | 'most' | 'strict' | 'room'>
interface Decoded {
  readonly messages: readonly ReadMessage[]
  /** The last offset that was read, and whether the batch has more. */
  readonly last: number
  readonly stopped: boolean
}

/** Decodes batches for as long as there is room; a batch that is cut off is left for the next time. */
export async function decodeRecords(bytes: Buffer, asked: Asked, room: Room): Promise<readonly ReadMessage[]> {
  const { from, mostRecordBytes: most } = asked
  const strict = most === undefined
  const options = { from, room, strict, most: most ?? kafkaLimits.BATCH_RECORDS.most }
  const messages: ReadMessage[] = []
  let last: number | undefined
  try {
    for (let at = 0; bytes.length - at >= PREFIX && hasRoom(room); ) {
      const size = bytes.readInt32BE(at + SIZE_AT)
      if (size < PREFIX - COUNTED_FROM) throw new RangeError(`a batch says that it has ${size} bytes`)
      const end = at + COUNTED_FROM + size
      if (end > bytes.length) break
      const decoded = await decodeBatch(bytes.subarray(at, end), options)
      for (const message of decoded.messages) messages.push(message)
      last = decoded.last
      if (decoded.stopped) break
      at = end
    }
  } catch (error) {
    // What comes after readable ones fails when it is fetched first.
    if (last === undefined) note(messages, { failure: { error, unreadable: true } })
  }
  return last === undefined ? messages : note(messages, { last: BigInt(last) })
}

/** Whether more is decoded of an answer. */
export const hasRoom = ({ records, decompressed }: Room): boolean => records > 0 && decompressed > 0

async function decodeBatch(bytes: Buffer, options: Options): Promise<Decoded> {
  const magic = bytes.readInt8(MAGIC_AT)
  // A message set ends before what it does not know: it would be asked for again and again.
  if (magic < 0 || magic > RECORD_BATCH) throw new Error(`records of a format that is not known: ${magic}`)
  return magic === RECORD_BATCH ? decodeRecordBatch(bytes, options) : decodeMessage(bytes, magic, options)
}

async function decodeRecordBatch(bytes: Buffer, options: Options): Promise<Decoded> {
  const head = readBatchHead(new Cursor(bytes))
  const { firstOffset, lastOffset, attributes, count } = head
  if (!Number.isSafeInteger(lastOffset) || firstOffset < 0 || lastOffset < firstOffset)
    throw new RangeError(`a batch says that it has the offsets ${firstOffset} to ${lastOffset}`)
  const layout = batchLayout(head)
  const parser = await parse(bytes.subarray(BATCH_HEADER), attributes, {
    ...{ ...options, layout, count, before: firstOffset - 1, last: lastOffset },
  })
  return decodedOf(parser, lastOffset)
}

/** A message of a set, or a compressed one that holds a set. */
async function decodeMessage(bytes: Buffer, magic: number, options: Options): Promise<Decoded> {
  const cursor = new Cursor(bytes)
  const last = cursor.int64()
  if (!Number.isSafeInteger(last) || last < 0) throw new RangeError(`a message says that it has the offset ${last}`)
  cursor.pass(4 + 4 + 1)
  const attributes = cursor.int8()
  if ((attributes & COMPRESSION) === 0) {
    const parser = await parse(bytes, 0, { ...options, layout: setLayout(0), count: 1, before: -1, last })
    return decodedOf(parser, last)
  }
  cursor.pass(magic === 0 ? 0 : 8)
  cursor.slice(cursor.int32())
  const set = cursor.slice(cursor.int32()) ?? Buffer.alloc(0)
  const inner = { ...options, count: Number.POSITIVE_INFINITY, before: -1, last }
  if (magic === 0) return decodedOf(await parse(set, attributes, { ...inner, layout: setLayout(0) }), last)
  // In format 1 a set counts from its own beginning, and the message has the offset of its last: it is read twice.
  const counting = { ...inner, layout: setLayout(0), from: last + 1, most: 0, strict: false }
  const counted = await parse(set, attributes, counting)
  // It has one letter where it was given up.
  const base = counted.messages.length > 0 ? options.from : last - counted.passed
  return decodedOf(await parse(set, attributes, { ...inner, layout: setLayout(base), before: base - 1 }), last)
}

const decodedOf = ({ messages, passed, stopped }: RecordParser, last: number): Decoded => ({
  ...{ messages, stopped, last: stopped ? passed : last },
})

/** Reads records out of bytes that may be compressed. */
async function parse(bytes: Buffer, attributes: number, options: Omit<ParserOptions, 'copies'>): Promise<RecordParser> {
  const parser = new RecordParser({ ...options, copies: false })
  if (parser.done) return parser
  const codec = codecOf(attributes & COMPRESSION)
  const whole = codec === undefined ? bytes : await codec.whole(bytes, BATCH_AT_ONCE.most)
  if (codec !== undefined && whole === undefined)
    return inPieces.run(() => parsePieces(codec, bytes, new RecordParser({ ...options, copies: true }), options.room))
  if (codec !== undefined) options.room.decompressed -= whole?.length ?? 0
  for (let at = 0; whole !== undefined && at < whole.length && !parser.done; at += STEP) {
    if (at > 0) await others()
    parser.push(whole.subarray(at, at + STEP))
  }
  parser.end()
  return parser
}

/** A batch that is too large to be decompressed at once: no more of it is here than a piece and a record. */
async function parsePieces(codec: Codec, bytes: Buffer, parser: RecordParser, room: Room): Promise<RecordParser> {
  let [seen, since] = [0, 0]
  try {
    for await (const piece of codec.pieces(bytes)) {
      seen += piece.length
      since += piece.length
      room.decompressed -= piece.length
      if (seen > BATCH_BYTES.most) parser.giveUp(`it has more than ${BATCH_BYTES.most} bytes when it is decompressed`)
      else parser.push(piece)
      if (parser.done) return parser
      if (since < STEP) continue
      since = 0
      await others()
    }
  } catch (error) {
    if (!(error instanceof NotKept)) throw error
    parser.giveUp(error.message)
  }
  parser.end()
  return parser
}

/** Batches that are read piece by piece: one at a time, because a decompressor may need up to 128 MiB of its own. */
const inPieces = createSerialQueue()
