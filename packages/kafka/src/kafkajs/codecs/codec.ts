/** One way to compress a record batch. */
export interface Codec {
  /** As kafkajs's producers call it. */
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  /** Decompresses at once; undefined where that has, or may have, more bytes than `most`. Never allocates much more than those. */
  whole(bytes: Buffer, most: number): Promise<Buffer | undefined>
  /**
   * Decompresses piece by piece, and has little more than one of them in memory.
   * @throws NotKept
   */
  pieces(bytes: Buffer): AsyncIterable<Buffer> | Iterable<Buffer>
}

/** What is decompressed refers to bytes that are no longer kept. */
export class NotKept extends Error {}
