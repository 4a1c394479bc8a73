import type { Codec } from './codec.ts'
import { type Lz4Block, lz4Blocks } from './lz4-blocks.ts'

/** LZ4 makes at most so much of a byte. */
const RATIO = 255
/** A block may refer back so far, into those before it. */
const WINDOW = 65_536
/** A match is so long at least, and says only what is beyond that. */
const LEAST_MATCH = 4
/** Four bits of a length; where all are set more bytes follow. */
const NIBBLE = 15

/** LZ4 frames. The native part is loaded when the first of them comes, so that a platform without it reads all else. */
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
      // The end of what came before stays in front of what comes.
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

/** Writes what a block holds to where the one before it has ended; answers where it ends. */
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
    const match = length(token & NIBBLE) + LEAST_MATCH
    if (distance === 0 || distance > to || to + match > out.length) throw malformed()
    repeat(out, to, distance, match)
    to += match
  }
  return to
}

/** Writes bytes again that stand before, and may come to stand among those. */
function repeat(out: Buffer, to: number, distance: number, length: number): void {
  for (let done = 0; done < length; ) {
    // What has been written can be copied too: twice as much each time.
    const step = Math.min(length - done, distance + done)
    out.copyWithin(to + done, to - distance, to - distance + step)
    done += step
  }
}
