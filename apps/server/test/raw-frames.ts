import { connect } from 'node:net'

/** One frame as it goes over the wire, right or wrong. */
export interface RawFrame {
  /** The whole first byte: whether it is the last of its message, reserved bits and opcode. */
  readonly first: number
  readonly payload: Uint8Array
  readonly masked: boolean
  /** What is said of its length; undefined for the truth. */
  readonly length?: bigint | undefined
}

/** A frame in bytes. */
export function bytesOf({ first, payload, masked, length }: RawFrame): Buffer {
  const said = length ?? BigInt(payload.length)
  const bit = masked ? 0x80 : 0
  const size =
    said < 126n
      ? Buffer.from([bit | Number(said)])
      : said < 65_536n
        ? Buffer.alloc(3, bit | 126)
        : Buffer.alloc(9, bit | 127)
  if (size.length === 3) size.writeUInt16BE(Number(said), 1)
  if (size.length === 9) size.writeBigUInt64BE(said, 1)
  // A mask of zeros changes nothing.
  return Buffer.concat([Buffer.from([first]), size, Buffer.alloc(masked ? 4 : 0), payload])
}

/**
 * Becomes a WebSocket over a bare socket, sends bytes (once it has been greeted, if that is wanted: before, the server may hear that
 * nothing more will come while it still verifies the token, and then says nothing) and says that nothing more will come. Answers the
 * code that the server closes with, or undefined where it says none, once the connection is gone.
 */
export function sendFrames(
  url: string,
  token: string,
  bytes: Uint8Array,
  { greeted = false } = {},
): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    let seen = Buffer.alloc(0)
    let [upgraded, sent] = [false, false]
    socket.setTimeout(20_000, () => {
      socket.destroy()
      reject(new Error(`the server did not end it: ${Buffer.from(bytes).toString('hex').slice(0, 500)}`))
    })
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk])
      if (!upgraded && !seen.includes('\r\n\r\n')) return
      if (!upgraded) seen = seen.subarray(seen.indexOf('\r\n\r\n') + 4)
      upgraded = true
      if (sent || (greeted && seen.length === 0)) return
      sent = true
      socket.end(bytes)
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
    socket.on('close', () => (upgraded ? resolve(closeCodeOf(seen)) : reject(new Error('the server did not upgrade'))))
    socket.write(handshakeOf(token))
  })
}

/** A WebSocket over a bare socket, once it has been greeted unless said otherwise, with what it was sent since. */
export async function openRaw(url: string, token: string, { greeted = true } = {}) {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  let seen = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.write(handshakeOf(token))
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('data', (chunk) => {
    seen = Buffer.concat([seen, chunk])
    const end = seen.indexOf('\r\n\r\n')
    if (end >= 0 && (!greeted || seen.length > end + 4)) resolve()
  })
  await promise
  return { socket, seen: () => seen.subarray(seen.indexOf('\r\n\r\n') + 4) }
}

/** The request that begins a WebSocket. */
export function handshakeOf(token: string): string {
  const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Host: x']
  const names = [...headers, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `Authorization: Bearer ${token}`]
  return ['GET /v1/stream HTTP/1.1', ...names, '', ''].join('\r\n')
}

/** The code of the close frame among what a server sent. */
export function closeCodeOf(bytes: Buffer): number | undefined {
  let rest = bytes
  while (rest.length >= 2) {
    const short = rest.readUInt8(1)
    const [begin, length] =
      short < 126 ? [2, short] : short === 126 ? [4, rest.readUInt16BE(2)] : [10, Number(rest.readBigUInt64BE(2))]
    if ((rest.readUInt8(0) & 0x0f) === 8) return length >= 2 ? rest.readUInt16BE(begin) : 1005
    rest = rest.subarray(begin + length)
  }
  return undefined
}
