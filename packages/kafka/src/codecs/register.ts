import kafkajs from 'kafkajs'
import type { Codec } from './codec.ts'
import { lz4Codec } from './lz4-codec.ts'
import { gzipCodec, zstdCodec } from './node-codecs.ts'
import { snappyCodec } from './snappy-codec.ts'

/** Gives kafkajs all four codecs of Kafka: it brings gzip alone. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const codecs: readonly (readonly [Exclude<kafkajs.CompressionTypes, kafkajs.CompressionTypes.None>, Codec])[] = [
    [CompressionTypes.GZIP, gzipCodec],
    [CompressionTypes.Snappy, snappyCodec],
    [CompressionTypes.LZ4, lz4Codec],
    [CompressionTypes.ZSTD, zstdCodec],
  ]
  for (const [type, codec] of codecs) CompressionCodecs[type] = () => codec
}
