/** What the programs of all languages read from stdin: events, and how each is sent. They write a list of results to stdout. */
export interface Orders {
  /** The address of `POST /v1/events`, and its token. */
  readonly url: string
  readonly token: string
  /** host:port of Kafka. */
  readonly bootstrap: string
  readonly topic: string
  readonly orders: readonly Order[]
}

export interface Order {
  readonly mode: string
  /** The key of the record. */
  readonly key: string
  readonly event: {
    readonly type: string
    readonly source: string
    readonly id: string
    readonly subject: string
    readonly data: Readonly<Record<string, unknown>>
  }
}
