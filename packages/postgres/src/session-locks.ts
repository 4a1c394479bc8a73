import type pg from 'pg'
import { openSession } from './session.ts'

/** Locks that end with the session that holds them, and so with its process. */
export interface SessionLocks {
  /** Takes a lock if nobody holds it; answers whether it is ours now. */
  take(name: string): Promise<boolean>
  /** Whether a lock is ours, as far as is known: a session that broke holds none. */
  holds(name: string): boolean
  release(name: string): Promise<void>
  /** How many sessions there have been, and for how many milliseconds the present one is there; nothing before the first. */
  session(): { readonly count: number; readonly age: number } | undefined
  close(): Promise<void>
}

/** Locks of a session of its own, which is opened when it is needed and again after it broke. */
export function createSessionLocks(connection: pg.ClientConfig): SessionLocks {
  const held = new Set<string>()
  let session: Promise<pg.Client> | undefined
  let begunAt = 0
  let count = 0

  const open = (): Promise<pg.Client> => {
    // One that was given up earlier, and ends only now, takes nothing with it.
    const opened = openSession(connection, () => forget(opened))
    opened.then(
      () => {
        begunAt = performance.now()
        count++
      },
      () => {},
    )
    return opened
  }
  const forget = (one: Promise<pg.Client>) => {
    if (session !== one) return
    session = undefined
    held.clear()
  }
  // One question after the other, as a session wants it.
  let last: Promise<unknown> = Promise.resolve()
  const ask = (statement: string, name: string): Promise<boolean> => {
    const answer = last.then(() => askNow(statement, name))
    last = answer.catch(() => {})
    return answer
  }
  const askNow = async (statement: string, name: string): Promise<boolean> => {
    session ??= open()
    const mine = session
    try {
      const { rows } = await (await mine).query<{ done: boolean }>(statement, [name])
      return rows[0]?.done === true
    } catch (error) {
      // Whatever went wrong, what this session holds is in doubt.
      forget(mine)
      mine.then((client) => client.end()).catch(() => {})
      throw error
    }
  }

  return {
    async take(name) {
      if (held.has(name)) return true
      const done = await ask('select pg_try_advisory_lock(hashtextextended($1, 1)) as done', name)
      if (done) held.add(name)
      return done
    },
    holds: (name) => held.has(name),
    async release(name) {
      if (held.delete(name)) await ask('select pg_advisory_unlock(hashtextextended($1, 1)) as done', name)
    },
    session: () => (count === 0 ? undefined : { count, age: performance.now() - begunAt }),
    async close() {
      held.clear()
      const mine = session
      session = undefined
      await mine?.then((client) => client.end()).catch(() => {})
    },
  }
}
