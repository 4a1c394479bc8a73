import type { Frame } from '../../delivery/frames.ts'

/** The first bytes of what a server sends: a whole message of text, and a ping without content (RFC 6455, section 5.2). */
const [TEXT, PING] = [0x81, 0x89]
/** Payloads of up to this length have it in the header's second byte. Longer ones have it in the two bytes after it, or in eight. */
const [MAX_SHORT, MAX_MEDIUM] = [125, 65_535]
const [MEDIUM, LONG] = [126, 127]

/**
 * A frame as a server sends it over a WebSocket without compression: header and payload in one piece, so that one write sends both. A ping
 * of the protocol is followed by one of WebSocket.
 */
export function webSocketBytes({ type, text }: Frame): Buffer {
  const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length
  const begin = length <= MAX_SHORT ? 2 : length <= MAX_MEDIUM ? 4 : 10
  const end = begin + length
  const bytes = Buffer.allocUnsafe(type === 'ping' ? end + 2 : end)
  bytes[0] = TEXT
  if (begin === 2) bytes[1] = length
  else if (begin === 4) {
    bytes[1] = MEDIUM
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = LONG
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  if (typeof text === 'string') bytes.write(text, begin)
  else bytes.set(text, begin)
  if (type === 'ping') bytes.writeUInt16BE(PING << 8, end)
  return bytes
}
