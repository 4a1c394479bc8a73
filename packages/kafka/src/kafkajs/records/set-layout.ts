import { UNREAD } from '../fetched-messages.ts'
import type { Layout } from './layout.ts'

/** Before record batches there were sets of messages, of format 0 or 1, each after its offset and its size. */
const PREFIX = 8 + 4
/** A checksum, the format, attributes and, in format 1, a timestamp. */
const HEAD_BYTES = PREFIX + 4 + 1 + 1 + 8

/** The format and the attributes are not used once a message is decoded. */
const common = { magicByte: 1, attributes: 0 }

/** How messages are laid out in a set; inside a compressed message of format 1 their offsets count from `base`. */
export function setLayout(base: number): Layout {
  return {
    headBytes: HEAD_BYTES,
    head(cursor) {
      const offset = base + cursor.int64()
      const size = cursor.int32()
      const end = cursor.at + size
      cursor.pass(4)
      const magic = cursor.int8()
      cursor.pass(1)
      return { size, end, offset, timestamp: magic === 0 ? -1 : cursor.int64() }
    },
    message(cursor, { offset, timestamp }) {
      const [key, value] = [cursor.slice(cursor.int32()), cursor.slice(cursor.int32())]
      return { ...common, timestamp: String(timestamp), offset: String(offset), key, value }
    },
    unread: ({ offset, timestamp }, unread) => ({
      ...common,
      timestamp: String(timestamp),
      offset: String(offset),
      key: null,
      value: null,
      [UNREAD]: unread,
    }),
  }
}
