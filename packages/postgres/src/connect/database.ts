import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { Session, SessionOptions } from './session.ts'
import type { SessionLocks } from './session-locks.ts'

/** An open database, migrated. The store and the embedded log are made on it. */
export interface Database {
  /** For what people wait for. */
  readonly db: Kysely<Tables>
  /** For operators and probes, so that neither waits for people, nor people for them. */
  readonly operators: Kysely<Tables>
  /** For the intake and for upkeep, which can wait. */
  readonly background: Kysely<Tables>
  /** Milliseconds until a request fails, if need be with STORE_UNAVAILABLE; absent where nothing can keep it waiting. */
  readonly requestTimeoutMs?: number
  /** Where several processes share the store: locks that die with their process. */
  readonly locks?: SessionLocks
  /** The same: a session that is opened when it is first asked, past a pooler, and closed by whoever has made it. */
  createSession?(options: SessionOptions): Session
  /** What cannot be done for now, in words: there is no room to write. */
  trouble?(): string | undefined
  /** Hashed with the names of people, wherever such a hash is kept or told; it never changes. */
  readonly salt: string
  /** What an operator should look at, a sentence each, as it was found at the start. */
  readonly warnings: readonly string[]
  /**
   * Names the history of the store; another one means that numbers may have gone back. What others have renewed is known here before
   * anything is read a second later.
   */
  readonly epoch: string
  /** Draws a new name for the store's history. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** Draws a new name for the store's history, after it was restored from a copy: clients load everything anew. */
export async function drawEpoch(db: Kysely<Tables>): Promise<void> {
  await sql`update store set epoch = gen_random_uuid()::text`.execute(db)
}

/** The salt of the store's hashes. */
export async function loadSalt(db: Kysely<Tables>): Promise<string> {
  const { salt } = await db.selectFrom('store').select('salt').executeTakeFirstOrThrow()
  return salt
}
