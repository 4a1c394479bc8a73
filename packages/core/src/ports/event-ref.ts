/** What is kept of the event that caused effects. */
export interface EventRef {
  readonly source: string
  readonly id: string
  readonly type: string
  /** RFC 3339. */
  readonly time: string
  readonly key: string
  readonly traceparent?: string
}
