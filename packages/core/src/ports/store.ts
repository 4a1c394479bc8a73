import type { Batches } from './batches.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { History } from './history.ts'
import type { Inboxes } from './inboxes.ts'
import type { People } from './people.ts'
import type { MovablePositions } from './positions.ts'
import type { Topics } from './topics.ts'
import type { UpkeepSteps } from './upkeep-steps.ts'

/**
 * Where inboxes live. Its calls are grouped by role; a consumer takes the role that it needs. Every call is one transaction. For each
 * position, identity, key, inbox and erasure, all calls behave as if they ran one after the other. Members of audiences and profiles are
 * those that were committed when they were read. STORE_UNAVAILABLE means that the store is away or busy, and that the same call may
 * succeed later; any other error is final for that call.
 */
export interface Store {
  readonly history: History
  readonly batches: Batches
  readonly inboxes: Inboxes
  readonly positions: MovablePositions
  readonly topics: Topics
  readonly deadLetters: DeadLetters
  readonly people: People
  readonly upkeep: UpkeepSteps
  /** Resolves if the store responds and is migrated, with what it cannot do for now, in words, or undefined. */
  ready(): Promise<string | undefined>
  close(): Promise<void>
}
