import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { Session, SessionOptions } from './session.ts'
import type { SessionLocks } from './session-locks.ts'

/** An open database, migrated. The store and the embedded log are made on it. */
export interface Database {
  /** For requests of people. */
  readonly db: Kysely<Tables>
  /** For operators and probes, so that they do not wait for people, nor people for them. */
  readonly operators: Kysely<Tables>
  /** For the intake and for upkeep, which can wait. */
  readonly background: Kysely<Tables>
  /** Milliseconds until a request fails, if need be with STORE_UNAVAILABLE; absent where nothing can keep it waiting. */
  readonly requestTimeoutMs?: number
  /** Where several processes share the store: locks that die with their process. */
  readonly locks?: SessionLocks
  /** Also where several processes share the store: makes a session past any pooler. It opens at its first statement; its owner closes it. */
  createSession?(options: SessionOptions): Session
  /** What does not work for now, in words; undefined where all works. */
  trouble?(): string | undefined
  /** Hashed with the ids of people wherever such a hash is kept or sent; it never changes. */
  readonly salt: string
  /** What an operator should change, a sentence each, as it was found at the start. */
  readonly warnings: readonly string[]
  /**
   * Names the history of the store; another epoch means that numbers may have gone back. What another process has renewed is used here
   * after a second at most.
   */
  readonly epoch: string
  /** Draws another epoch. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** Draws another epoch after the store was restored from a copy: clients load everything again. */
export async function drawEpoch(db: Kysely<Tables>): Promise<void> {
  await sql`update store set epoch = gen_random_uuid()::text`.execute(db)
}

/** The salt of the store's hashes. */
export async function loadSalt(db: Kysely<Tables>): Promise<string> {
  const { salt } = await db.selectFrom('store').select('salt').executeTakeFirstOrThrow()
  return salt
}
