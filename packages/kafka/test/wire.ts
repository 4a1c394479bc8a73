import { createRequire } from 'node:module'

/** What the tests use of kafkajs's encoder and decoder, to speak as a broker does. */
export interface Encoder {
  readonly buffer: Buffer
  writeInt8(value: number): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: bigint | number | string): Encoder
  writeString(value: string | null): Encoder
  writeBytes(value: Buffer): Encoder
  writeArray(values: readonly Encoder[] | readonly number[]): Encoder
  writeEncoder(value: Encoder): Encoder
  writeBuffer(value: Buffer): Encoder
  writeUVarInt(value: number): Encoder
}
export interface Decoder {
  readInt8(): number
  readInt16(): number
  readInt32(): number
  readInt64(): bigint
  readString(): string | null
  readBytes(size?: number): Buffer
  readUVarInt(): number
  readArray<T>(read: (decoder: Decoder) => T): T[]
}
interface NewRecord {
  readonly offsetDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>
}
type EncodeBatch = (batch: object) => Promise<Encoder>

const require = createRequire(import.meta.url)
const NewEncoder: new () => Encoder = require('kafkajs/src/protocol/encoder')
const NewDecoder: new (bytes: Buffer) => Decoder = require('kafkajs/src/protocol/decoder')
const encodeRecord: (record: NewRecord) => Encoder = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch: encodeBatch }: { RecordBatch: EncodeBatch } = require('kafkajs/src/protocol/recordBatch/v0')

export const encoder = (): Encoder => new NewEncoder()
export const decoder = (bytes: Buffer): Decoder => new NewDecoder(bytes)

/** A record batch as a broker stores it. */
export interface StoredBatch {
  readonly first: number
  readonly last: number
  readonly bytes: Buffer
}

/** How a batch is stored: `last` where compaction removed the records at its end, `producer` for a transaction's. */
export interface BatchOptions {
  readonly last?: number
  readonly producer?: number
  /** A marker that ends the producer's transaction. */
  readonly marker?: 'abort' | 'commit'
  readonly compression?: number
  readonly key?: Buffer
  readonly headers?: NewRecord['headers']
  /** Its format, instead of the one that is known. */
  readonly magic?: number
}

/** Where a batch keeps its format, its attributes, and their bits. */
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** A batch's header ends, and its length counts from, these bytes on. */
const HEADER = 61
const LENGTH_AT = 8
const COUNTED_FROM = 12

/** The records of a batch as they are stored in it. */
export const recordsOf = ({ bytes }: StoredBatch): Buffer => bytes.subarray(HEADER)

/** A batch like another, with these bytes for its records. */
export function holding({ first, last, bytes }: StoredBatch, compression: number, records: Buffer): StoredBatch {
  const whole = Buffer.concat([bytes.subarray(0, HEADER), records])
  whole.writeInt32BE(whole.length - COUNTED_FROM, LENGTH_AT)
  whole.writeInt16BE(compression, ATTRIBUTES_AT)
  return { first, last, bytes: whole }
}

/** A batch with a record at each of these offsets, whose value is the offset. */
export async function batchOf(first: number, offsets: readonly number[], options: BatchOptions = {}) {
  const { producer, marker, compression = 0, last = offsets.at(-1) ?? first, headers = {}, magic = 2 } = options
  const key = marker === undefined ? (options.key ?? null) : Buffer.from([0, 0, 0, marker === 'abort' ? 0 : 1])
  const batch = await encodeBatch({
    firstOffset: first,
    lastOffsetDelta: last - first,
    producerId: producer ?? -1,
    compression,
    records: offsets.map((offset) =>
      encodeRecord({ offsetDelta: offset - first, key, value: Buffer.from(String(offset)), headers }),
    ),
  })
  const bytes = Buffer.from(batch.buffer)
  const attributes = compression | (producer === undefined ? 0 : TRANSACTIONAL) | (marker === undefined ? 0 : CONTROL)
  bytes.writeInt16BE(attributes, ATTRIBUTES_AT)
  bytes.writeInt8(magic, MAGIC_AT)
  return { first, last, bytes } satisfies StoredBatch
}
