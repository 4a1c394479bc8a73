import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Codec } from './codec.ts'
import { LIMIT, tooLarge } from './limit.ts'

const options = { maxOutputLength: LIMIT }

/** gzip, by Node; kafkajs's own knows no limit. */
export const gzipCodec: Codec = {
  compress: ({ buffer }) => promisify(gzip)(buffer),
  decompress: (bytes) => withinLimit(promisify(gunzip)(bytes, options)),
}

/** zstd, by Node. */
export const zstdCodec: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (bytes) => withinLimit(promisify(zstdDecompress)(bytes, options)),
}

const withinLimit = (decompressed: Promise<Buffer>): Promise<Buffer> =>
  decompressed.catch((error: unknown) => {
    throw error instanceof RangeError ? tooLarge(error) : error
  })
