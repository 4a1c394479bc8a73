import { kafkaLimits } from '../../limits.ts'
import { NotKept } from './codec.ts'

/** The size of a piece. */
const PIECE_BYTES = 1_048_576
const WINDOW = kafkaLimits.SNAPPY_WINDOW.most
/** The two lowest bits of a tag are its kind: bytes follow, or a distance back, in one, two or four bytes. */
const LITERAL = 0
const NEAR = 1
/** A length of more than these is written after the tag, in one to four bytes. */
const SHORT = 60

const malformed = () => new RangeError('a Snappy block cannot be decoded')

/** Returns the size that a block declares for its decompressed bytes: seven bits a byte, the lowest first. */
export function declaredLength(block: Buffer): number {
  return readLength(block).length
}

function readLength(block: Buffer): { readonly length: number; readonly at: number } {
  let length = 0
  for (const [index, byte] of block.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { length, at: index + 1 }
  }
  throw malformed()
}

/**
 * Decompresses a Snappy block in pieces, and keeps only a window of the bytes before.
 * @throws NotKept where it refers back further
 */
export function* snappyPieces(block: Buffer): Iterable<Buffer> {
  const { length, at: first } = readLength(block)
  const out = Buffer.alloc(WINDOW + PIECE_BYTES)
  let [at, to, from, total] = [first, 0, 0, 0]
  const number = (bytes: number): number => {
    if (at + bytes > block.length) throw malformed()
    at += bytes
    return block.readUIntLE(at - bytes, bytes)
  }
  /** How many more bytes `out` holds. */
  const room = () => out.length - to
  while (at < block.length) {
    const tag = block[at++] ?? 0
    const kind = tag & 3
    const high = tag >> 2
    let left: number
    let distance = 0
    if (kind === LITERAL) {
      left = (high < SHORT ? high : number(high - SHORT + 1)) + 1
      if (at + left > block.length) throw malformed()
    } else {
      left = kind === NEAR ? (high & 7) + 4 : high + 1
      distance = kind === NEAR ? ((tag >> 5) << 8) + number(1) : number(kind === 2 ? 2 : 4)
      if (distance === 0 || distance > total) throw malformed()
      if (distance > WINDOW) throw new NotKept(`its Snappy block refers back further than ${WINDOW} bytes`)
    }
    total += left
    if (total > length) throw malformed()
    while (left > 0) {
      if (room() === 0) {
        yield Buffer.from(out.subarray(from, to))
        out.copyWithin(0, to - WINDOW, to)
        ;[from, to] = [WINDOW, WINDOW]
      }
      const step = Math.min(left, room())
      if (kind === LITERAL) at += block.copy(out, to, at, at + step)
      // One by one: the copy may overlap the copied bytes.
      else for (let end = to + step, next = to; next < end; next++) out[next] = out[next - distance] ?? 0
      to += step
      left -= step
    }
  }
  if (total < length) throw malformed()
  if (to > from) yield Buffer.from(out.subarray(from, to))
}
