import type pg from 'pg'
import { createSession, type Session } from './session.ts'

/** Locks that end with the session that holds them, and so with its process. */
export interface SessionLocks {
  /** Takes a lock unless another session holds it; returns whether this one holds it now. */
  take(name: string): Promise<boolean>
  /** Whether this session holds a lock, as far as is known: a session that broke holds none. */
  holds(name: string): boolean
  release(name: string): Promise<void>
  /** The session that holds them. */
  readonly session: Pick<Session, 'query' | 'count'>
  close(): Promise<void>
}

/** Locks of a session of its own, which is opened when it is needed and again after it broke. */
export function createSessionLocks(connection: pg.ClientConfig): SessionLocks {
  const held = new Set<string>()
  const session = createSession(connection, { onLost: () => held.clear() })
  const isDone = async (statement: string, name: string): Promise<boolean> => {
    const [row] = await session.query<{ done: boolean }>(statement, [name])
    return row?.done === true
  }
  return {
    async take(name) {
      if (held.has(name)) return true
      const done = await isDone('select pg_try_advisory_lock(hashtextextended($1, 1)) as done', name)
      if (done) held.add(name)
      return done
    },
    holds: (name) => held.has(name),
    async release(name) {
      if (held.delete(name)) await isDone('select pg_advisory_unlock(hashtextextended($1, 1)) as done', name)
    },
    session,
    async close() {
      held.clear()
      await session.close()
    },
  }
}
