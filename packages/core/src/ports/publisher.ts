/** A record without an offset: the log assigns it. */
export interface NewRecord {
  readonly topic: string
  /** Records with the same key keep their order. */
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Where `POST /v1/events` publishes events. */
export interface Publisher {
  /**
   * Resolves once every record is durable in the log.
   * @throws LOG_UNAVAILABLE if the log is away, EVENT_TOO_LARGE if it accepts no record of that size. Some of the other records may be in
   * the log; they are recognised when they are published again.
   */
  publish(records: readonly NewRecord[]): Promise<void>
  /** Releases everything, once pending calls have ended. */
  close(): Promise<void>
}
