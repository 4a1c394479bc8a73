import type { Render, Store } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { applyBatch } from './apply/apply.ts'
import type { Writing } from './apply/apply-effects.ts'
import { retryDeadLetter } from './apply/retry-dead-letter.ts'
import { boundCalls } from './connect/bound-calls.ts'
import type { Database } from './connect/database.ts'
import { createDoubts, type OnDoubt } from './connect/doubts.ts'
import { asStoreErrors, refuseTooMuch } from './connect/store-errors.ts'
import { transact } from './connect/transact.ts'
import { clearPerson } from './erasure/clear-person.ts'
import { erasePerson, findErased, lockErasure } from './erasure/erased.ts'
import { block, readBlocked } from './events/blocked.ts'
import { readPausedTopics, setPaused } from './events/paused-topics.ts'
import { beginAt, movePositions, positionsOf } from './events/positions.ts'
import { markNotification, markReadThrough } from './inbox/marks.ts'
import { readHeads, readNotification, readPage, readReplay, readWhy } from './inbox/read.ts'
import { findDeadLetter, listDeadLetters, removeDeadLetter } from './letters/dead-letters.ts'
import { nameNextLetters } from './letters/name-letters.ts'
import { postgresLimits } from './limits.ts'
import type { Tables } from './schema/tables.ts'
import { expireNotifications } from './upkeep/expire.ts'
import { prune } from './upkeep/prune.ts'
import { retainNext } from './upkeep/retain.ts'
import { type LeftToOthers, stepFanOut } from './upkeep/step-fan-outs.ts'

export interface StoreOptions {
  readonly render: Render
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** An audience of more people than this is told step by step. 300 unless said otherwise. */
  readonly fanOutOver?: number
  /** Told whose inbox may have changed without anybody hearing how, because a connection broke or nobody waited for the end. */
  readonly onDoubt?: OnDoubt
}

/** A transaction makes no more changes of inboxes than about this, so that no lock is held long. */
const MOST_CHANGES = 2_000

/** Makes the store on an open database; closing it closes the database. */
export async function createStore(
  database: Database,
  { render, clock = Date.now, fanOutOver = 300, onDoubt = () => {} }: StoreOptions,
): Promise<Store> {
  const { db, operators, background, patience, salt } = database
  const writing: Writing = { render, salt, limits: { fanOutOver, mostChanges: MOST_CHANGES } }
  const leftToOthers: LeftToOthers = new Map()
  /** For somebody who waits. */
  const soon = <T>(call: () => Promise<T>) => asStoreErrors(call, patience)
  const forPeople = boundCalls(postgresLimits.PEOPLE_CALLS.most)
  const doubtful = createDoubts(onDoubt)
  return {
    history: {
      get epoch() {
        return database.epoch
      },
      renew: () => asStoreErrors(database.renew),
    },
    batches: {
      apply: (batch) => asStoreErrors(() => applyBatch(background, batch, writing).catch(refuseTooMuch)),
    },
    inboxes: {
      page: (person, query) => soon(forPeople(() => readPage(db, person, query, clock()))),
      notification: (person, seq) => soon(forPeople(() => readNotification(db, person, seq, clock()))),
      why: (person, seq) => soon(() => readWhy(operators, person, seq)),
      mark: (person, seq, marks) =>
        doubtful(
          forPeople(() => markNotification(db, person, seq, marks, clock())),
          { person, patience },
        ),
      readThrough: (person, through) =>
        doubtful(
          forPeople(() => markReadThrough(db, person, through, clock())),
          { person, patience },
        ),
      replay: (person, after) => soon(() => readReplay(db, person, after)),
      heads: (people) => soon(() => readHeads(db, people)),
    },
    positions: {
      beginAt: (starting) => asStoreErrors(() => beginAt(background, starting)),
      of: (topics) => asStoreErrors(() => positionsOf(background, topics)),
      move: (moves) => asStoreErrors(() => movePositions(background, moves)),
    },
    topics: {
      paused: () => soon(() => readPausedTopics(operators)),
      setPaused: (topic, paused) => soon(() => setPaused(operators, topic, paused)),
      block: (blocked) => asStoreErrors(() => block(background, blocked)),
      blocked: (topics) => soon(() => readBlocked(operators, topics)),
    },
    deadLetters: {
      list: (query) => soon(() => listDeadLetters(operators, query)),
      find: (id, bytes) => soon(() => findDeadLetter(operators, id, bytes)),
      remove: (id) => soon(() => removeDeadLetter(operators, id)),
      retry: (id, retry) => doubtful(() => retryDeadLetter(background, id, retry, writing)),
    },
    people: {
      erase: (person, at) => asStoreErrors(() => erase(background, person, at, salt)),
      erased: (people) => soon(() => findErased(db, people, salt)),
    },
    upkeep: {
      fanOut: (at, limit) => doubtful(() => stepFanOut(background, at, limit, writing, leftToOthers)),
      expire: (at, limit) => doubtful(() => expireNotifications(background, at, limit)),
      retain: (rules, from) => doubtful(() => retainNext(background, rules, from)),
      prune: (before) => asStoreErrors(() => prune(background, before)),
      nameLetters: () => asStoreErrors(() => nameNextLetters(background, salt)),
    },
    ready: () =>
      soon(async () => {
        await sql`select 1`.execute(operators)
        return database.trouble?.()
      }),
    close: database.close,
  }
}

/** Empties what is kept about a person step by step, and then erases them in one transaction. */
async function erase(db: Kysely<Tables>, person: string, at: number, salt: string): Promise<boolean> {
  const cleared = await clearPerson(db, person, salt)
  return transact(db, async (trx) => {
    await lockErasure(trx, true)
    return erasePerson(trx, person, at, salt, cleared)
  })
}
