/** What is kept of the event that caused effects. */
export interface EventRef {
  readonly source: string
  readonly id: string
  readonly type: string
  /** RFC 3339. */
  readonly time: string
  readonly key: string
  readonly traceparent?: string
  /** The digest of its type and data, by which stores detect that an id was used again for other content; never kept as it is, and never logged. */
  readonly content?: string
}
