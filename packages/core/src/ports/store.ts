import type { Batches } from './batches.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { History } from './history.ts'
import type { Inboxes } from './inboxes.ts'
import type { People } from './people.ts'
import type { MovablePositions } from './positions.ts'
import type { Topics } from './topics.ts'
import type { UpkeepSteps } from './upkeep-steps.ts'

/**
 * Where inboxes live, by role; whoever needs one role takes that one. Every method is one transaction. Of a position, an identity, a key,
 * an inbox and an erasure all together behave as if they ran one after the other; who is in an audience, and what a profile says, is what
 * was committed by the time that it was read. STORE_UNAVAILABLE says that the store is away or busy and that the same call may succeed
 * later; any other error is final for that call.
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
  /** Resolves when the store answers and is migrated, with what it cannot do for now, in words, if there is anything. */
  ready(): Promise<string | undefined>
  close(): Promise<void>
}
