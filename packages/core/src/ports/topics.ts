/** An event that one plugin does not get again, or a record that is not decoded again: it blocked a thread, or ended it. */
export interface Blocked {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Absent if the record itself is the cause: then no plugin gets it. */
  readonly plugin?: string
  /** What it did, in words. */
  readonly why: string
}

/** Paused topics, and blocked records and events. */
export interface Topics {
  /** Topics that an operator has paused, kept over restarts. */
  paused(): Promise<readonly string[]>
  setPaused(topic: string, paused: boolean): Promise<void>
  /** Keeps that a plugin must not get an event, or that a record must not be decoded, until its partition is applied beyond it. */
  block(blocked: Blocked): Promise<void>
  /** What is blocked in these topics, from their positions on. */
  blocked(topics: readonly string[]): Promise<readonly Blocked[]>
}
