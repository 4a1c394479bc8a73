import type { Decoder } from './internals/exchange.ts'

/** Skips tagged fields. kafkajs's own `readTaggedFields` takes each for a byte shorter than it is. */
export function skipTags(decoder: Decoder): void {
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    decoder.readUVarInt()
    decoder.readBytes(decoder.readUVarInt())
  }
}
