const MAGIC = 0x184d2204
/** After the magic number come flags and the code of the largest block; the flags list what else is in the header. */
const FLAGS_AT = 4
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
const BLOCK_CHECKSUMS = 0x10
/** The bit in a block's size that is set where the block is not compressed. */
const STORED = 0x80000000

/** One block of a frame. */
export interface Lz4Block {
  readonly bytes: Buffer
  readonly isStored: boolean
  /** The most bytes that it has when it is decompressed. */
  readonly most: number
}

/** Returns the blocks of an LZ4 frame, in their order. */
export function* lz4Blocks(bytes: Buffer): Iterable<Lz4Block> {
  if (bytes.length < FLAGS_AT + 3 || bytes.readUInt32LE(0) !== MAGIC) throw new Error('not an LZ4 frame')
  const flags = bytes.readUInt8(FLAGS_AT)
  const most = 2 ** (8 + 2 * ((bytes.readUInt8(FLAGS_AT + 1) >> 4) & 7))
  const checksum = flags & BLOCK_CHECKSUMS ? 4 : 0
  let at = FLAGS_AT + 3 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0)
  while (at + 4 <= bytes.length) {
    const head = bytes.readUInt32LE(at)
    if (head === 0) break
    const size = head & ~STORED
    yield { bytes: bytes.subarray(at + 4, at + 4 + size), isStored: head >= STORED, most }
    at += 4 + size + checksum
  }
}
