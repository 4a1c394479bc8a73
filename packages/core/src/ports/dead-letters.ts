import type { Applied, Entry } from './batches.ts'
import type { DeadLetter } from './dead-letter.ts'

/** A dead letter as it is kept. */
export interface KeptLetter extends DeadLetter {
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The identity of the event; absent if the record could not be decoded as an event. */
  readonly event?: { readonly source: string; readonly id: string }
  /** When it became a dead letter, RFC 3339 in UTC. */
  readonly at: string
  /** The number of later events that have been applied since, of its topic and the key of its event; of its record, if there is no event. */
  readonly followedBy: number
  /** Its event has been applied in another record since: corrected, for example. Only of one letter, not in lists. */
  readonly repeated?: true
}

/** A dead letter in a list, without its record. */
export interface ListedLetter extends Omit<KeptLetter, 'key' | 'value' | 'headers' | 'timestamp'> {
  /** The beginning of the key of its record; absent if there is none, or if it is not UTF-8. */
  readonly key?: string
}

/** Which dead letters to list, the newest first: those that meet all conditions. */
export interface DeadLetterQuery {
  /** 1–200 */
  readonly limit: number
  /** Only dead letters with a lower id. */
  readonly before?: number
  readonly plugin?: string
  readonly code?: string
  readonly topic?: string
  /** Only those that became dead letters at this time or later, in milliseconds since 1970. */
  readonly from?: number
  /** Only those that became dead letters before this time, in milliseconds since 1970. */
  readonly to?: number
  /** The source of the event. */
  readonly source?: string
  /** The id of the event. */
  readonly eventId?: string
  /** The key of the record. */
  readonly key?: string
  /** A value in the record, as an erasure of this person finds it. */
  readonly person?: string
}

/** What was decided about a dead letter's record for its retry. */
export interface Retry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly entry: Entry
  /** Apply it although later events of its key have been applied. */
  readonly force: boolean
}

/**
 * The store's result of a retry: applied and removed; failed again and kept, with the new reason, where `applied` is what was applied all the
 * same; or unchanged.
 */
export type Retried =
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'failed'; readonly letter: DeadLetter; readonly applied?: Applied }
  | { readonly kind: 'followed'; readonly followedBy: number }
  | { readonly kind: 'missing' }

/** The result of a retry that was applied. */
export interface AppliedRetry {
  readonly applied: Applied
  /** The dead letters that the retry itself left. */
  readonly left: readonly DeadLetter[]
  /** The event if it was applied for the first time: absent for a repeat, and if the event was applied for other plugins before. */
  readonly event?: { readonly topic: string; readonly type: string }
}

/** The result of retrying a dead letter. */
export type RetryResult = Exclude<Retried, { readonly kind: 'applied' }> | ({ readonly kind: 'applied' } & AppliedRetry)

/** The dead letters of a store. */
export interface DeadLetters {
  list(query: DeadLetterQuery): Promise<readonly ListedLetter[]>
  /** One with its record, and with `repeated`. With `bytes`, its value has at most that many, and `size` is present if it has more. */
  find(id: number, bytes?: number): Promise<KeptLetter | undefined>
  /** Returns whether it was there. */
  remove(id: number): Promise<boolean>
  /**
   * Applies the retry and removes the dead letter, in one transaction; where its plugin has failed again, the dead letter is kept. For a
   * dead letter of one plugin, the effects of that plugin are applied. Any other was never applied, and is a repeat if its event has been
   * sent again and applied meanwhile.
   */
  retry(id: number, retry: Retry): Promise<Retried>
}
