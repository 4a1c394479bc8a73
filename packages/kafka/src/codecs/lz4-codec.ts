import type { Codec } from './codec.ts'
import { expectWithinLimit } from './limit.ts'

/** LZ4 frames. The native part is loaded when the first of them comes, so that a platform without it reads all else. */
export const lz4Codec: Codec = {
  compress: async ({ buffer }) => {
    const { compressFrame } = await import('lz4-napi')
    return compressFrame(buffer)
  },
  decompress: async (bytes) => {
    expectWithinLimit(boundOf(bytes))
    const { decompressFrame } = await import('lz4-napi')
    return decompressFrame(bytes)
  },
}

const MAGIC = 0x184d2204
/** After the magic number come flags and the code of the largest block; the flags tell what else stands in the header. */
const FLAGS_AT = 4
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
const BLOCK_CHECKSUMS = 0x10
/** A block's size has this bit where it is not compressed. */
const STORED = 0x80000000
/** LZ4 makes at most so much of a byte. */
const RATIO = 255

/** How many bytes a frame can hold at most: no more than its largest block, for each. */
function boundOf(bytes: Buffer): number {
  if (bytes.length < FLAGS_AT + 3 || bytes.readUInt32LE(0) !== MAGIC) throw new Error('not an LZ4 frame')
  const flags = bytes.readUInt8(FLAGS_AT)
  const largest = 2 ** (8 + 2 * ((bytes.readUInt8(FLAGS_AT + 1) >> 4) & 7))
  const checksum = flags & BLOCK_CHECKSUMS ? 4 : 0
  let at = FLAGS_AT + 3 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0)
  let bound = 0
  while (at + 4 <= bytes.length) {
    const head = bytes.readUInt32LE(at)
    if (head === 0) break
    const size = head & ~STORED
    bound += Math.min(largest, head >= STORED ? size : size * RATIO)
    at += 4 + size + checksum
  }
  return bound
}
