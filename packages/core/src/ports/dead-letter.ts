/** An event that could not be told, or not by one plugin: why, and its original bytes. */
export interface DeadLetter {
  readonly code: string
  readonly message: string
  readonly plugin?: string
  readonly handler?: string
  readonly type?: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** The size of the record in bytes, where not all of them are kept: such a letter cannot be tried again. */
  readonly size?: number
}
