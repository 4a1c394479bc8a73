import { gzipSync, zstdCompressSync } from 'node:zlib'
import { CompressionTypes } from 'kafkajs'
import { compressFrameSync } from 'lz4-napi'
import { compress } from 'snappyjs'
import { batchOf, encoder, holding, type StoredBatch } from './wire.ts'

/** Records, as a batch holds them, in pieces: compressed in a moment, whatever they grow to. */
export interface Written {
  readonly offsetDelta: number
  /** Its value is the offset, or this many zeros. */
  readonly zeros?: number
}
const ZEROS = Buffer.alloc(2 ** 20)

/** A record up to its value, or up to what follows that. */
export function headOf({ offsetDelta, zeros }: Written): Buffer {
  const value = Buffer.from(String(offsetDelta))
  // No attributes, no time, and no key; then no headers.
  const before = [Buffer.from([0]), varint(0), varint(offsetDelta), varint(-1), varint(zeros ?? value.length)]
  const inside = Buffer.concat(zeros === undefined ? [...before, value] : before)
  return Buffer.concat([varint(inside.length + (zeros ?? 0) + 1), inside])
}
const TAIL = Buffer.from([0])

/** A number as records have it: zigzag, seven bits a byte. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value < 0 ? -2 * value - 1 : 2 * value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}

/** Every codec, as it compresses what comes in parts; all of them read what was compressed in parts one after the other. */
type Compress = (parts: readonly Buffer[]) => Buffer
const whole = (parts: readonly Buffer[]) => Buffer.concat(parts)
const each = (compressPart: (part: Buffer) => Buffer): Compress => {
  const zeros = compressPart(ZEROS)
  return (parts) => Buffer.concat(parts.map((part) => (part === ZEROS ? zeros : compressPart(part))))
}
const framed = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const snappyBlock = (part: Buffer) => {
  const block = compress(part)
  return Buffer.concat([encoder().writeInt32(block.length).buffer, block])
}
export const zstd = ['zstd in several frames', CompressionTypes.ZSTD, each((part) => zstdCompressSync(part))] as const
export const codecs: readonly (readonly [string, number, Compress])[] = [
  ['gzip', CompressionTypes.GZIP, each((part) => gzipSync(part))],
  ['snappy in a frame', CompressionTypes.Snappy, (parts) => Buffer.concat([framed, each(snappyBlock)(parts)])],
  ['bare snappy', CompressionTypes.Snappy, bareSnappy],
  ['lz4', CompressionTypes.LZ4, (parts) => compressFrameSync(whole(parts))],
  ['zstd in one frame', CompressionTypes.ZSTD, (parts) => zstdCompressSync(whole(parts))],
  zstd,
]

/** Snappy as librdkafka writes it: all in one block. Zeros are one byte, and copies of it. */
function bareSnappy(parts: readonly Buffer[]): Buffer {
  const blocks: Buffer[] = []
  let length = 0
  for (const part of parts) {
    length += part.length
    if (part !== ZEROS) {
      // Bytes as they are: how many there are, less one, in two bytes.
      const size = Buffer.alloc(2)
      size.writeUInt16LE(part.length - 1)
      blocks.push(Buffer.from([61 << 2]), size, part)
    } else {
      blocks.push(
        Buffer.from([0, 0]),
        Buffer.from([(62 << 2) | 2, 1, 0]),
        Buffer.alloc(3 * (ZEROS.length / 64 - 1), Buffer.from([(63 << 2) | 2, 1, 0])),
      )
    }
  }
  const bytes: number[] = []
  for (; length >= 128; length = Math.floor(length / 128)) bytes.push((length % 128) + 128)
  return Buffer.concat([Buffer.from([...bytes, length]), ...blocks])
}

/** A batch with these records, as one of the codecs compresses it; of zeros as many megabytes as they are. */
export async function bombOf(
  first: number,
  records: readonly Written[],
  [, compression, compressAll]: (typeof codecs)[number],
): Promise<StoredBatch> {
  const like = await batchOf(
    first,
    records.map(({ offsetDelta }) => first + offsetDelta),
  )
  const parts = records.flatMap((record) => [
    headOf(record),
    ...Array.from({ length: (record.zeros ?? 0) / ZEROS.length }, () => ZEROS),
    TAIL,
  ])
  return holding(like, compression, compressAll(parts))
}

/** The same as a message set, as there were before record batches: compressed as one message that holds the others. */
export function setOf(
  magic: number,
  first: number,
  records: readonly Written[],
  codec?: (typeof codecs)[number],
): StoredBatch {
  const last = first + (records.at(-1)?.offsetDelta ?? 0)
  const messageOf = (offset: number, attributes: number, length: number) => {
    const inside = encoder().writeInt32(0).writeInt8(magic).writeInt8(attributes)
    if (magic === 1) inside.writeInt64(0)
    inside.writeInt32(-1).writeInt32(length)
    return encoder()
      .writeInt64(offset)
      .writeInt32(inside.buffer.length + length)
      .writeEncoder(inside).buffer
  }
  const parts = records.flatMap(({ offsetDelta, zeros }) => {
    const value = Buffer.from(String(offsetDelta))
    // From format 1 on a compressed message counts from its own beginning.
    const offset = magic === 1 && codec !== undefined ? offsetDelta : first + offsetDelta
    const head = messageOf(offset, 0, zeros ?? value.length)
    return [head, ...(zeros === undefined ? [value] : Array.from({ length: zeros / ZEROS.length }, () => ZEROS))]
  })
  if (codec === undefined) return { first, last, bytes: Buffer.concat(parts) }
  const [, compression, compressAll] = codec
  const inside = compressAll(parts)
  return { first, last, bytes: Buffer.concat([messageOf(last, compression, inside.length), inside]) }
}
