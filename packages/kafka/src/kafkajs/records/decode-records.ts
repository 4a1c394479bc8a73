import { setImmediate as others } from 'node:timers/promises'
import { createSerialQueue } from '@belfry/core/flow'
import { kafkaLimits } from '../../limits.ts'
import { type Codec, NotKept } from '../codecs/codec.ts'
import { codecOf } from '../codecs/codec-of.ts'
import { addNotes, type FetchedMessage } from '../fetched-messages.ts'
import { batchLayout, readBatchHead } from './batch-layout.ts'
import { Cursor } from './cursor.ts'
import { type ParserOptions, RecordParser, type Room } from './record-parser.ts'
import { setLayout } from './set-layout.ts'

/** Which records of a partition are wanted. */
export interface WantedRecords {
  /** The first offset. */
  readonly from: number
  /** The most bytes of a record; absent for other consumers than ours, which get all records, or an error. */
  readonly maxRecordBytes?: number
}

/** The bytes of offset, size, four bytes that differ between formats, and the format. */
const PREFIX = 17
const SIZE_AT = 8
const MAGIC_AT = 16
const RECORD_BATCH = 2
/** Sizes are counted from this byte on. */
const COUNTED_FROM = 12
/** The header of a record batch. */
const BATCH_HEADER = 61
const COMPRESSION = 0x07
/** The event loop gets a turn after this many bytes. */
const STEP_BYTES = 1_048_576
const { BATCH_AT_ONCE, BATCH_BYTES } = kafkaLimits

type Options = Pick<ParserOptions, 'from' | 'most' | 'strict' | 'room'>
interface Decoded {
  readonly messages: readonly FetchedMessage[]
  /** The last offset that was read, and whether the batch has more. */
  readonly last: number
  readonly stopped: boolean
}

/** Decodes batches for as long as there is room. A batch that is cut off is left: the next fetch has it. */
export async function decodeRecords(
  bytes: Buffer,
  wanted: WantedRecords,
  room: Room,
): Promise<readonly FetchedMessage[]> {
  const { from, maxRecordBytes: most } = wanted
  const strict = most === undefined
  const options = { from, room, strict, most: most ?? kafkaLimits.BATCH_RECORDS.most }
  const messages: FetchedMessage[] = []
  let last: number | undefined
  try {
    for (let at = 0; bytes.length - at >= PREFIX && hasRoom(room); ) {
      const size = bytes.readInt32BE(at + SIZE_AT)
      if (size < PREFIX - COUNTED_FROM) throw new RangeError(`the size of a batch is given as ${size} bytes`)
      const end = at + COUNTED_FROM + size
      if (end > bytes.length) break
      const decoded = await decodeBatch(bytes.subarray(at, end), options)
      for (const message of decoded.messages) messages.push(message)
      last = decoded.last
      if (decoded.stopped) break
      at = end
    }
  } catch (error) {
    // A batch after readable ones fails when the next fetch begins with it.
    if (last === undefined) addNotes(messages, { failure: { error, unreadable: true } })
  }
  return last === undefined ? messages : addNotes(messages, { last: BigInt(last) })
}

/** Whether more of an answer is decoded. */
export const hasRoom = ({ records, decompressed }: Room): boolean => records > 0 && decompressed > 0

async function decodeBatch(bytes: Buffer, options: Options): Promise<Decoded> {
  const magic = bytes.readInt8(MAGIC_AT)
  // kafkajs would end the message set here, and fetch the same batch for ever.
  if (magic < 0 || magic > RECORD_BATCH) throw new Error(`unknown format of records: ${magic}`)
  return magic === RECORD_BATCH ? decodeRecordBatch(bytes, options) : decodeMessage(bytes, magic, options)
}

async function decodeRecordBatch(bytes: Buffer, options: Options): Promise<Decoded> {
  const head = readBatchHead(new Cursor(bytes))
  const { firstOffset, lastOffset, attributes, count } = head
  if (!Number.isSafeInteger(lastOffset) || firstOffset < 0 || lastOffset < firstOffset)
    throw new RangeError(`the offsets of a batch are given as ${firstOffset} to ${lastOffset}`)
  const layout = batchLayout(head, !options.strict)
  const parser = await parse(bytes.subarray(BATCH_HEADER), attributes, {
    ...options,
    layout,
    count,
    before: firstOffset - 1,
    last: lastOffset,
  })
  return decodedOf(parser, lastOffset)
}

/** A message of a set, or a compressed one that holds a set. */
async function decodeMessage(bytes: Buffer, magic: number, options: Options): Promise<Decoded> {
  const cursor = new Cursor(bytes)
  const last = cursor.int64()
  if (!Number.isSafeInteger(last) || last < 0) throw new RangeError(`the offset of a message is given as ${last}`)
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
  // In format 1 offsets count from the beginning of the set, and the message has the offset of the last: the set is read twice.
  const counting = { ...inner, layout: setLayout(0), from: last + 1, most: 0, strict: false }
  const counted = await parse(set, attributes, counting)
  // A set that is given up has one message.
  const base = counted.messages.length > 0 ? options.from : last - counted.passed
  return decodedOf(await parse(set, attributes, { ...inner, layout: setLayout(base), before: base - 1 }), last)
}

const decodedOf = ({ messages, passed, stopped }: RecordParser, last: number): Decoded => ({
  messages,
  stopped,
  last: stopped ? passed : last,
})

/** Reads records from bytes that may be compressed. */
async function parse(bytes: Buffer, attributes: number, options: Omit<ParserOptions, 'copies'>): Promise<RecordParser> {
  const parser = new RecordParser({ ...options, copies: false })
  if (parser.done) return parser
  const codec = codecOf(attributes & COMPRESSION)
  const whole = codec === undefined ? bytes : await codec.whole(bytes, BATCH_AT_ONCE.most)
  if (codec !== undefined && whole === undefined)
    return inPieces.run(() => parsePieces(codec, bytes, new RecordParser({ ...options, copies: true }), options.room))
  if (codec !== undefined) options.room.decompressed -= whole?.length ?? 0
  for (let at = 0; whole !== undefined && at < whole.length && !parser.done; at += STEP_BYTES) {
    if (at > 0) await others()
    parser.push(whole.subarray(at, at + STEP_BYTES))
  }
  parser.end()
  return parser
}

/** Reads a batch that is too large to be decompressed at once: memory holds no more of it than a piece and a record. */
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
      if (since < STEP_BYTES) continue
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
