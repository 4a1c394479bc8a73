import type { Codec } from './codec.ts'
import { type Lz4Block, lz4Blocks } from './lz4-blocks.ts'

/** The most bytes that LZ4 makes of one. */
const RATIO = 255
/** How far a block may refer back, into those before it. */
const WINDOW = 65_536
/** The least length of a match: its length counts from here. */
const MIN_MATCH_BYTES = 4
/** The four bits of a length; where all are set, more bytes follow. */
const NIBBLE = 15

/** LZ4 frames. Its native part is loaded with the first frame, so that a platform without it reads everything else. */
export const lz4Codec: Codec = {
  compress: async ({ buffer }) => {
    const { compressFrame } = await import('lz4-napi')
    return compressFrame(buffer)
  },
  whole: async (bytes, most) => {
    let bound = 0
    for (const block of lz4Blocks(bytes)) bound += boundOf(block)
    if (bound > most) return undefined
    const { decompressFrame } = await import('lz4-napi')
    return decompressFrame(bytes)
  },
  *pieces(bytes) {
    let out = Buffer.alloc(0)
    let before = 0
    for (const block of lz4Blocks(bytes)) {
      // The end of the blocks before stays in front of the next one.
      if (out.length === 0) out = Buffer.alloc(WINDOW + block.most)
      if (block.isStored && block.bytes.length > block.most) throw malformed()
      const end = block.isStored ? before + block.bytes.copy(out, before) : uncompress(block.bytes, out, before)
      yield Buffer.from(out.subarray(before, end))
      before = Math.min(end, WINDOW)
      out.copyWithin(0, end - before, end)
    }
  },
}

const boundOf = ({ bytes, isStored, most }: Lz4Block): number =>
  Math.min(most, isStored ? bytes.length : bytes.length * RATIO)

const malformed = () => new RangeError('an LZ4 block cannot be decoded')

/** Writes the contents of a block after those of the one before, and returns where they end. */
function uncompress(block: Buffer, out: Buffer, from: number): number {
  let at = 0
  let to = from
  const length = (nibble: number): number => {
    if (nibble < NIBBLE) return nibble
    let total = nibble
    for (;;) {
      const more = block[at++]
      if (more === undefined) throw malformed()
      total += more
      if (more < 255) return total
    }
  }
  while (at < block.length) {
    const token = block[at++] ?? 0
    const literals = length(token >> 4)
    if (at + literals > block.length || to + literals > out.length) throw malformed()
    block.copy(out, to, at, at + literals)
    at += literals
    to += literals
    // A block ends with literals.
    if (at === block.length) break
    const distance = at + 2 > block.length ? 0 : block.readUInt16LE(at)
    at += 2
    const match = length(token & NIBBLE) + MIN_MATCH_BYTES
    if (distance === 0 || distance > to || to + match > out.length) throw malformed()
    repeat(out, to, distance, match)
    to += match
  }
  return to
}

/** Copies earlier bytes; the copy may overlap them. */
function repeat(out: Buffer, to: number, distance: number, length: number): void {
  for (let done = 0; done < length; ) {
    // Copied bytes can be copied too: twice as many each time.
    const step = Math.min(length - done, distance + done)
    out.copyWithin(to + done, to - distance, to - distance + step)
    done += step
  }
}
