/** One way to compress a record batch. */
export interface Codec {
  /** Compresses what kafkajs's producers have encoded. */
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  /** Decompresses at once; undefined where the result has, or may have, more than `most` bytes. It never allocates much more than that. */
  whole(bytes: Buffer, most: number): Promise<Buffer | undefined>
  /**
   * Decompresses in pieces, with little more than one of them in memory.
   * @throws NotKept
   */
  pieces(bytes: Buffer): AsyncIterable<Buffer> | Iterable<Buffer>
}

/** The compressed bytes refer to bytes that are no longer kept. */
export class NotKept extends Error {}
