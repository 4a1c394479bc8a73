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
 * The codec of a number in the attributes of a batch; undefined where nothing is compressed.
 * @throws where there is none of that number
 */
export function codecOf(type: number): Codec | undefined {
  if (type === CompressionTypes.None) return undefined
  const found = codecs.find(([known]) => known === type)
  if (found === undefined) throw new Error(`records of a compression that is not known: ${type}`)
  return found[1]
}

/** Gives kafkajs's producers all four codecs of Kafka: it brings gzip alone. */
export function registerCodecs(): void {
  for (const [type, codec] of codecs) CompressionCodecs[type] = () => codec
}
