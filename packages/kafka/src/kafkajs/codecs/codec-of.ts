import kafkajs from 'kafkajs'
import type { Codec } from './codec.ts'
import { lz4Codec } from './lz4-codec.ts'
import { gzipCodec, zstdCodec } from './node-codecs.ts'
import { snappyCodec } from './snappy-codec.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs
const codecs = [
  [CompressionTypes.GZIP, gzipCodec],
  [CompressionTypes.Snappy, snappyCodec],
  [CompressionTypes.LZ4, lz4Codec],
  [CompressionTypes.ZSTD, zstdCodec],
] as const

/**
 * Returns the codec with this number in the attributes of a batch; undefined where it is not compressed.
 * @throws where there is no codec with this number
 */
export function codecOf(type: number): Codec | undefined {
  if (type === CompressionTypes.None) return undefined
  const found = codecs.find(([known]) => known === type)
  if (found === undefined) throw new Error(`unknown compression of records: ${type}`)
  return found[1]
}

/** Registers all four codecs of Kafka in kafkajs, which has only gzip. */
export function registerCodecs(): void {
  for (const [type, codec] of codecs) CompressionCodecs[type] = () => codec
}
