/** A codec as kafkajs takes it: `compress` is given its encoder, `decompress` what a record batch holds. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}
