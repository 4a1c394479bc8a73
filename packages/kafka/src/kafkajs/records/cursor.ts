/** The error for bytes that are cut off, and for numbers that no record has. */
const malformed = (what: string) => new RangeError(`a record cannot be decoded: ${what}`)

/** Reads the parts of records, and never beyond the bytes that there are. It allocates nothing, whatever lengths the records claim. */
export class Cursor {
  readonly bytes: Buffer
  at: number
  /** Nothing is read from this byte on. */
  end: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
    this.end = bytes.length
  }

  int8(): number {
    return this.bytes.readInt8(this.pass(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.pass(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.pass(4))
  }

  /** Exact below 2^53. */
  int64(): number {
    return Number(this.bytes.readBigInt64BE(this.pass(8)))
  }

  /** A signed number of at most 32 bits, seven bits a byte. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw malformed('a number of more than five bytes')
  }

  /** A signed number of at most 64 bits, seven bits a byte; exact below 2^53. */
  varlong(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw malformed('a number of more than ten bytes')
  }

  /** Returns `length` bytes of the same memory; null for -1, which in records means that a part is absent. */
  slice(length: number): Buffer | null {
    if (length < -1) throw malformed(`a length of ${length}`)
    if (length === -1) return null
    const from = this.pass(length)
    return this.bytes.subarray(from, this.at)
  }

  /** Returns `length` bytes as UTF-8; undefined for -1, which in records means that a part is absent. A text that is `expected` costs less. */
  text(length: number, expected: string | undefined): string | undefined {
    if (length < -1) throw malformed(`a length of ${length}`)
    if (length === -1) return undefined
    const from = this.pass(length)
    return expected !== undefined && this.#isAscii(from, expected, length)
      ? expected
      : this.bytes.toString('utf8', from, this.at)
  }

  /** Passes over `length` bytes, and returns where they begin. */
  pass(length: number): number {
    const from = this.at
    this.at += length
    if (this.at > this.end) throw malformed('it ends before it is complete')
    return from
  }

  #isAscii(from: number, text: string, length: number): boolean {
    if (text.length !== length) return false
    for (let index = 0; index < length; index++) {
      const byte = this.bytes[from + index] ?? 0
      if (byte > 0x7f || byte !== text.charCodeAt(index)) return false
    }
    return true
  }

  #byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined || this.at > this.end) throw malformed('it ends before it is complete')
    return byte
  }
}

/** A header has at least two bytes: the lengths of its name and its value. */
const MIN_HEADER_BYTES = 2

/** Reads how many headers a record has. */
export function countOfHeaders(cursor: Cursor): number {
  const count = cursor.varint()
  if (count < 0 || count * MIN_HEADER_BYTES > cursor.end - cursor.at)
    throw new RangeError(`a record cannot hold ${count} headers`)
  return count
}
