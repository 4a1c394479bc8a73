/** An event that could not be handled by any plugin, or by one plugin: why, and its original bytes. */
export interface DeadLetter {
  readonly code: string
  readonly message: string
  /** What to do about it, in sentences. */
  readonly remedy?: string
  readonly plugin?: string
  readonly handler?: string
  readonly type?: string
  /** The identity of an event that could not be decoded, as far as it could be read. */
  readonly identity?: { readonly source?: string; readonly id?: string }
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** The size of the record in bytes if not all of them are kept; then the dead letter cannot be retried. */
  readonly size?: number
}
