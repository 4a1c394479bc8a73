import { compress, uncompress } from 'snappyjs'
import type { Codec } from './codec.ts'
import { declaredLength, snappyPieces } from './snappy-pieces.ts'

/** The frame of the Java clients begins with these bytes and two versions, four bytes each. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER = MAGIC.length + 8
const VERSION = 1
/** The size of the Java clients' blocks. */
const BLOCK_BYTES = 32 * 1024
/** A block that declares more bytes is decompressed in pieces. */
const MAX_AT_ONCE_BYTES = 1_048_576

/** Snappy: read bare, as librdkafka writes it, or in the Java clients' frame of blocks; written in that frame. */
export const snappyCodec: Codec = {
  compress: async ({ buffer }) => {
    const header = Buffer.alloc(HEADER)
    MAGIC.copy(header)
    header.writeInt32BE(VERSION, MAGIC.length)
    header.writeInt32BE(VERSION, MAGIC.length + 4)
    const parts: Buffer[] = [header]
    for (let at = 0; at < buffer.length; at += BLOCK_BYTES) {
      const block = compress(buffer.subarray(at, at + BLOCK_BYTES))
      const size = Buffer.alloc(4)
      size.writeInt32BE(block.length)
      parts.push(size, block)
    }
    return Buffer.concat(parts)
  },
  whole: async (bytes, most) => {
    let declared = 0
    for (const block of blocksOf(bytes)) declared += declaredLength(block)
    if (declared > most) return undefined
    const [first, ...more] = [...blocksOf(bytes)].map((block) => uncompress(block))
    return first !== undefined && more.length === 0 ? first : Buffer.concat(first === undefined ? [] : [first, ...more])
  },
  *pieces(bytes) {
    for (const block of blocksOf(bytes))
      if (declaredLength(block) <= MAX_AT_ONCE_BYTES) yield uncompress(block)
      else yield* snappyPieces(block)
  },
}

function* blocksOf(bytes: Buffer): Iterable<Buffer> {
  if (!isFramed(bytes)) return yield bytes
  for (let at = HEADER; at < bytes.length; ) {
    // Frames may follow one another.
    if (isFramed(bytes.subarray(at, at + HEADER))) {
      at += HEADER
      continue
    }
    const size = bytes.readUInt32BE(at)
    yield bytes.subarray(at + 4, at + 4 + size)
    at += 4 + size
  }
}

const isFramed = (bytes: Buffer): boolean => bytes.length >= HEADER && MAGIC.equals(bytes.subarray(0, MAGIC.length))
