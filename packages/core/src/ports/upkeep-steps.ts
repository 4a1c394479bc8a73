import type { Change } from './inboxes.ts'

/** The result of one step of `fanOut`, and whether more is to be done. */
export interface FannedOut {
  readonly changes: readonly Change[]
  readonly more: boolean
  /** The plugin of the oldest notification if it could not be sent and was given up, and why; it is a dead letter (FAN_OUT_REFUSED). */
  readonly refused?: { readonly plugin: string; readonly why: string }
}

/** How long things are kept; moments in milliseconds since 1970. */
export interface Retention {
  /** Now. What is withdrawn now is deleted a day later. */
  readonly at: number
  /** Read or archived notifications that are older are deleted. */
  readonly readBefore: number
  /** Unread notifications that are older are withdrawn, and later deleted. */
  readonly before: number
}

/** The result of one step of `retain`: `next` is where the next step begins, absent at the end. */
export interface Retained {
  readonly changes: readonly Change[]
  readonly deleted: number
  readonly next?: string
}

/** Work that is due without an event, step by step. */
export interface UpkeepSteps {
  /**
   * Notifies (or withdraws from) the next people of large audiences, at most `limit` of them; `at` is the `createdAt` that they see. A
   * notification whose message this version does not have (MESSAGE_NOT_RENDERED) may be left to other instances for a while.
   */
  fanOut(at: number, limit: number): Promise<FannedOut>
  /** Withdraws notifications that have expired by `at` (milliseconds since 1970), at most `limit`. */
  expire(at: number, limit: number): Promise<readonly Change[]>
  /** Deletes old notifications of the next people, who begin at `next` of the previous step. */
  retain(rules: Retention, from?: string): Promise<Retained>
  /** Deletes some identities of events, dead letters and memberships that ended before these moments; returns how many. */
  prune(before: { readonly identities: number; readonly others: number }): Promise<number>
  /**
   * Stores which people the next dead letters name, if that is not stored yet, because an earlier version wrote them or because they name
   * very many; returns whether there were any.
   */
  nameLetters(): Promise<boolean>
}
