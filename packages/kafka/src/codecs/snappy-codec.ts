import { compress, uncompress } from 'snappyjs'
import type { Codec } from './codec.ts'
import { expectWithinLimit, LIMIT } from './limit.ts'

/** The frame of the Java clients begins with these bytes and two versions, four bytes each. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER = MAGIC.length + 8
const VERSION = 1
/** What the Java clients put in a block. */
const BLOCK = 32 * 1024

/** Snappy: read bare, as librdkafka writes it, or in the Java clients' frame of blocks; written in that frame. */
export const snappyCodec: Codec = {
  compress: async ({ buffer }) => {
    const header = Buffer.alloc(HEADER)
    MAGIC.copy(header)
    header.writeInt32BE(VERSION, MAGIC.length)
    header.writeInt32BE(VERSION, MAGIC.length + 4)
    const parts: Buffer[] = [header]
    for (let at = 0; at < buffer.length; at += BLOCK) {
      const block = compress(buffer.subarray(at, at + BLOCK))
      const size = Buffer.alloc(4)
      size.writeInt32BE(block.length)
      parts.push(size, block)
    }
    return Buffer.concat(parts)
  },
  decompress: async (bytes) => {
    if (!isFramed(bytes)) return uncompressWithin(bytes, LIMIT)
    const blocks: Buffer[] = []
    let held = 0
    for (let at = HEADER; at < bytes.length; ) {
      // Frames may follow one another.
      if (isFramed(bytes.subarray(at))) {
        at += HEADER
        continue
      }
      const size = bytes.readUInt32BE(at)
      const block = uncompressWithin(bytes.subarray(at + 4, at + 4 + size), LIMIT - held)
      blocks.push(block)
      held += block.length
      at += 4 + size
    }
    return Buffer.concat(blocks)
  },
}

const isFramed = (bytes: Buffer): boolean => bytes.length >= HEADER && MAGIC.equals(bytes.subarray(0, MAGIC.length))

function uncompressWithin(bytes: Buffer, room: number): Buffer {
  expectWithinLimit(LIMIT - room + lengthOf(bytes))
  return uncompress(bytes)
}

/** How long a block says that it is when it is uncompressed: seven bits a byte, the lowest first. */
function lengthOf(bytes: Buffer): number {
  let length = 0
  for (const [index, byte] of bytes.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) break
  }
  return length
}
