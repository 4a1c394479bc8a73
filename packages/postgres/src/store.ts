import type { Render, Store } from '@belfry/core'
import { sql } from 'kysely'
import type { Writing } from './apply/apply-effects.ts'
import { createBatches } from './apply/create-batches.ts'
import { createDeadLetters } from './apply/create-dead-letters.ts'
import type { Database } from './connect/database.ts'
import { createStoreCalls, type OnUnconfirmed } from './connect/store-calls.ts'
import { createPeople } from './erasure/create-people.ts'
import { createPositions } from './events/create-positions.ts'
import { createTopics } from './events/create-topics.ts'
import { createInboxes } from './inbox/create-inboxes.ts'
import { createUpkeepSteps } from './upkeep/create-upkeep-steps.ts'

export interface StoreOptions {
  readonly render: Render
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** An audience of more people than this is told step by step. 300 unless given. */
  readonly fanOutOver?: number
  /**
   * Called with the person whose inbox may have changed although no caller learned of it, because a connection broke or the caller did
   * not wait for the end; without a person, any inbox may have.
   */
  readonly onUnconfirmed?: OnUnconfirmed
}

/** A transaction makes about this many changes of inboxes at most, so that no lock is held long. */
const MAX_CHANGES = 2_000

/** Makes the store on an open database; closing it closes the database. */
export async function createStore(
  database: Database,
  { render, clock = Date.now, fanOutOver = 300, onUnconfirmed = () => {} }: StoreOptions,
): Promise<Store> {
  const calls = createStoreCalls(database.requestTimeoutMs, onUnconfirmed)
  const writing: Writing = { render, salt: database.salt, limits: { fanOutOver, maxChanges: MAX_CHANGES } }
  return {
    history: {
      get epoch() {
        return database.epoch
      },
      renew: () => calls.background(database.renew),
    },
    batches: createBatches(database, calls, writing),
    inboxes: createInboxes(database, calls, clock),
    positions: createPositions(database, calls),
    topics: createTopics(database, calls),
    deadLetters: createDeadLetters(database, calls, writing),
    people: createPeople(database, calls),
    upkeep: createUpkeepSteps(database, calls, writing),
    ready: () =>
      calls.request(async () => {
        await sql`select 1`.execute(database.operators)
        return database.trouble?.()
      }),
    close: database.close,
  }
}
