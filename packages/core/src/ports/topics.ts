/** An event that one plugin is not given again, or a record that is not decoded again: it blocked a thread, or ended it. */
export interface Blocked {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Absent where the record itself is to blame, which is kept from all plugins. */
  readonly plugin?: string
  /** What it did, in words. */
  readonly why: string
}

/** What is not read of topics for now, and what never is. */
export interface Topics {
  /** Topics that an operator has paused; it outlives a restart. */
  paused(): Promise<readonly string[]>
  setPaused(topic: string, paused: boolean): Promise<void>
  /** Keeps in mind that a plugin is not to be given an event, or a record not to be decoded; forgotten once its partition is applied beyond. */
  block(blocked: Blocked): Promise<void>
  /** What is not to be given to plugins, or not to be decoded, of these topics, from their positions on. */
  blocked(topics: readonly string[]): Promise<readonly Blocked[]>
}
