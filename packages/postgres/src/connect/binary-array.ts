/** Elements of a column, as they are before they are written. */
type Values = readonly unknown[]

/** How one type is written as Postgres receives it in binary: its OID, and what writes one value and returns where it ends. */
interface BinaryType {
  readonly oid: number
  readonly write: (value: unknown, at: number) => number
}

/** What arrays are written into, one after the other: it grows to the largest of them, up to `MOST_KEPT_BYTES`. */
let bytes = Buffer.allocUnsafeSlow(65_536)
/** A buffer that one array has made larger than this is not kept. */
const MOST_KEPT_BYTES = 4_194_304

/** Milliseconds from 1970 to 2000, where Postgres counts from. */
const POSTGRES_EPOCH_MS = 946_684_800_000
const TWO_32 = 4_294_967_296

/** Bytes before the elements: dimensions, whether there are nulls, type, length, lower bound. */
const HEADER_BYTES = 20
/** The length of an element that is null. */
const NULL = -1

/** The types that columns have, by their names. */
const types = {
  text: { oid: 25, write: (value, at) => writeText(String(value), at) },
  jsonb: {
    oid: 3802,
    write(value, at) {
      const json = JSON.stringify(value)
      reserve(at, 1)
      // The version of the form that follows, of which there is one.
      bytes[at] = 1
      return writeText(json, at + 1)
    },
  },
  int: {
    oid: 23,
    write(value, at) {
      reserve(at, 4)
      return bytes.writeInt32BE(Number(value), at)
    },
  },
  bigint: { oid: 20, write: (value, at) => writeInt64(Number(value), at) },
  boolean: {
    oid: 16,
    write(value, at) {
      reserve(at, 1)
      bytes[at] = value === true ? 1 : 0
      return at + 1
    },
  },
  timestamptz: {
    oid: 1184,
    write: (value, at) => writeInt64((momentOf(value) - POSTGRES_EPOCH_MS) * 1_000, at),
  },
  uuid: {
    oid: 2950,
    write(value, at) {
      reserve(at, 16)
      return at + bytes.write(String(value).replaceAll('-', ''), at, 'hex')
    },
  },
  bytea: {
    oid: 17,
    write(value, at) {
      if (!(value instanceof Uint8Array)) throw new TypeError('bytes are written from a Uint8Array')
      reserve(at, value.length)
      bytes.set(value, at)
      return at + value.length
    },
  },
} as const satisfies Readonly<Record<string, BinaryType>>

/** The name of a type of which arrays are written. */
export type BinaryTypeName = keyof typeof types

export const isBinaryTypeName = (name: string): name is BinaryTypeName => Object.hasOwn(types, name)

/**
 * An array of this type in the binary form in which Postgres receives it (`array_recv`); null where all of its elements are null or
 * absent. It costs both sides a fraction of what text does, which is escaped here and parsed there.
 * @throws TypeError for a text with a lone surrogate, which UTF-8 does not have: it would be stored as another text
 */
export function binaryArray(type: BinaryTypeName, values: Values): Buffer | null {
  const { oid, write }: BinaryType = types[type]
  let end = HEADER_BYTES
  let nulls = 0
  for (const value of values) {
    const start = end + 4
    reserve(end, 4)
    if (isNull(value)) {
      bytes.writeInt32BE(NULL, end)
      end = start
      nulls++
    } else {
      const next = write(value, start)
      bytes.writeInt32BE(next - start, end)
      end = next
    }
  }
  if (nulls === values.length) return null
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(nulls > 0 ? 1 : 0, 4)
  bytes.writeInt32BE(oid, 8)
  bytes.writeInt32BE(values.length, 12)
  bytes.writeInt32BE(1, 16)
  const array = Buffer.from(bytes.subarray(0, end))
  if (bytes.length > MOST_KEPT_BYTES) bytes = Buffer.allocUnsafeSlow(65_536)
  return array
}

/** A moment that is none is kept as null, as JSON has it. */
const isNull = (value: unknown): boolean =>
  value === null || value === undefined || (value instanceof Date && Number.isNaN(value.getTime()))

const momentOf = (value: unknown): number => (value instanceof Date ? value.getTime() : Date.parse(String(value)))

function writeText(text: string, at: number): number {
  if (!text.isWellFormed()) throw new TypeError('a text has a lone surrogate, which UTF-8 does not have')
  // No character takes more bytes than this.
  reserve(at, 3 * text.length)
  return at + bytes.write(text, at)
}

function writeInt64(value: number, at: number): number {
  if (!Number.isInteger(value)) throw new RangeError(`${value} is not a whole number`)
  reserve(at, 8)
  const high = Math.floor(value / TWO_32)
  return bytes.writeUInt32BE(value - high * TWO_32, bytes.writeInt32BE(high, at))
}

/** Makes room for this many bytes. */
function reserve(at: number, count: number): void {
  if (at + count <= bytes.length) return
  const larger = Buffer.allocUnsafeSlow(2 * (at + count))
  bytes.copy(larger, 0, 0, at)
  bytes = larger
}
