import type { Applied, Entry } from './batches.ts'
import type { DeadLetter } from './dead-letter.ts'

/** A dead letter as it is kept. */
export interface KeptLetter extends DeadLetter {
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** What names the event; absent where the record could not be read as one. */
  readonly event?: { readonly source: string; readonly id: string }
  /** When it became one, RFC 3339 in UTC. */
  readonly at: string
  /** How many later events of the same topic and key have been applied since. */
  readonly followedBy: number
}

/** A dead letter without its record, as lists have it. */
export type ListedLetter = Omit<KeptLetter, 'key' | 'value' | 'headers' | 'timestamp'>

/** Which dead letters to list, the newest first. */
export interface DeadLetterQuery {
  /** 1–200 */
  readonly limit: number
  /** Only what has a lower id. */
  readonly before?: number
  readonly plugin?: string
  readonly code?: string
}

/** What is made of a dead letter's record when it is tried again. */
export interface Retry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly entry: Entry
  /** Apply it although later events of its key have been applied. */
  readonly force: boolean
}

/** What became of a retry: applied and gone; failed again and kept, with the reason of this time; or left as it was. */
export type Retried =
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'failed'; readonly letter: DeadLetter }
  | { readonly kind: 'followed'; readonly followedBy: number }
  | { readonly kind: 'missing' }

/** What a retry did that was applied. */
export interface AppliedRetry {
  readonly applied: Applied
  /** The dead letters that the retry itself left. */
  readonly left: readonly DeadLetter[]
  /** What was applied for the first time: absent for a repeat, and where other plugins have applied the event before. */
  readonly event?: { readonly topic: string; readonly type: string }
}

/** The result of retrying a dead letter. */
export type RetryResult = Exclude<Retried, { readonly kind: 'applied' }> | ({ readonly kind: 'applied' } & AppliedRetry)

/** The dead letters of a store. */
export interface DeadLetters {
  list(query: DeadLetterQuery): Promise<readonly ListedLetter[]>
  /** One with its record; with `bytes`, no more than so many of its value, and its size where that is not all. */
  find(id: number, bytes?: number): Promise<KeptLetter | undefined>
  /** Answers whether it was there. */
  remove(id: number): Promise<boolean>
  /**
   * Applies what was made of it now and removes it, in one transaction. A letter of one plugin gets that plugin's effects; any other
   * was never applied, and becomes a repeat where its event has been sent again and applied meanwhile.
   */
  retry(id: number, retry: Retry): Promise<Retried>
}
