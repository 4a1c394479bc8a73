import type { Change } from './inboxes.ts'

/** What one step of `fanOut` has done, and whether there is more to do. */
export interface FannedOut {
  readonly changes: readonly Change[]
  readonly more: boolean
  /** Whose the oldest one was and why it could not be told, which is given up and kept as a dead letter (FAN_OUT_REFUSED). */
  readonly refused?: { readonly plugin: string; readonly why: string }
}

/** How long things are kept; moments in milliseconds since 1970. */
export interface Retention {
  /** Now: what is withdrawn today is deleted a day later. */
  readonly at: number
  /** What is read or archived and older than this is deleted. */
  readonly readBefore: number
  /** What is older than this is withdrawn if it is not read, and deleted. */
  readonly before: number
}

/** What one step of `retain` has done: `next` is where the next one begins, absent at the end. */
export interface Retained {
  readonly changes: readonly Change[]
  readonly deleted: number
  readonly next?: string
}

/** What is to be done without an event, step by step. */
export interface UpkeepSteps {
  /**
   * Tells (or withdraws from) the next people of a large audience, at most `limit` of them; `at` is what they see as the moment. One whose
   * message this version does not know (MESSAGE_NOT_RENDERED) may be left to others for a while.
   */
  fanOut(at: number, limit: number): Promise<FannedOut>
  /** Withdraws what has expired by `at` (milliseconds since 1970), at most `limit` notifications at a time. */
  expire(at: number, limit: number): Promise<readonly Change[]>
  /** Deletes what is old from the inboxes of the next people, from `next` of the step before on. */
  retain(rules: Retention, from?: string): Promise<Retained>
  /** Forgets some identities of events, dead letters and memberships that ended before these moments; answers how many. */
  prune(before: { readonly identities: number; readonly others: number }): Promise<number>
  /**
   * Finds out whom the next dead letters name whose names are not known yet, because a version before wrote them or because they have very
   * many; answers whether there were any.
   */
  nameLetters(): Promise<boolean>
}
