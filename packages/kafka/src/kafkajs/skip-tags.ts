/** What is used of kafkajs's Decoder. */
interface Decoder {
  readUVarInt(): number
  readBytes(size: number): Buffer
}

/** Passes over tagged fields: kafkajs's own `readTaggedFields` takes each for a byte shorter than it is. */
export function skipTags(decoder: Decoder): void {
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    decoder.readUVarInt()
    decoder.readBytes(decoder.readUVarInt())
  }
}
