import { promisify } from 'node:util'
import { createGunzip, createZstdDecompress, gzip, zstdCompress } from 'node:zlib'
import type { Codec } from './codec.ts'

/** The sizes of pieces: where all is decompressed at once, and where it is not. */
const SMALL_PIECE_BYTES = 16_384
const PIECE_BYTES = 65_536

/** gzip, by Node; kafkajs's own has no limit. */
export const gzipCodec: Codec = {
  compress: ({ buffer }) => promisify(gzip)(buffer),
  whole: (bytes, most) => within(gunzipped(bytes, SMALL_PIECE_BYTES), most),
  pieces: (bytes) => gunzipped(bytes, PIECE_BYTES),
}

/** zstd, by Node. */
export const zstdCodec: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  whole: (bytes, most) => within(unzstd(bytes, SMALL_PIECE_BYTES), most),
  pieces: (bytes) => unzstd(bytes, PIECE_BYTES),
}

/** A caller that stops before the end destroys the stream. */
function gunzipped(bytes: Buffer, chunkSize: number): AsyncIterable<Buffer> {
  const stream = createGunzip({ chunkSize })
  stream.end(bytes)
  return stream
}

/** Node decompresses one frame, and others may follow it. */
async function* unzstd(bytes: Buffer, chunkSize: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const stream = createZstdDecompress({ chunkSize })
    stream.end(bytes.subarray(at))
    yield* stream
    if (stream.bytesWritten === 0) return
    at += stream.bytesWritten
  }
}

async function within(pieces: AsyncIterable<Buffer>, most: number): Promise<Buffer | undefined> {
  const all: Buffer[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > most) return undefined
    all.push(piece)
  }
  const [first, ...more] = all
  return first !== undefined && more.length === 0 ? first : Buffer.concat(all, length)
}
