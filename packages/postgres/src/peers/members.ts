import { randomUUID } from 'node:crypto'
import type { Members } from '@belfry/core'
import { createSerialQueue } from '@belfry/core/flow'
import type { Database } from '../connect/database.ts'
import { asStoreErrors } from '../connect/store-errors.ts'

/** A member whose lock was lost takes it again within so many milliseconds of being able to. */
const KEEP = 250
/** Two looks are so far apart; a timer of a second may come a little early. */
const APART = 900
/** For so long after a server or a session has come back, others may not have taken their locks again. */
const COMING_BACK = 5_000

/** In one statement: for how long the server has been up, whether our own lock is known to it, and whose is not. */
const LOOK = `with held as materialized (
    select (classid::bigint << 32) | objid::bigint as key from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted
      and database = (select oid from pg_database where datname = current_database()))
  select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 as up,
    exists (select from held where key = hashtextextended($2, 1)) as here,
    array(select member_id::text from member
      where group_id = $1 and hashtextextended(lock, 1) not in (select key from held) order by 1) as gone`

const LIST = `with before as (delete from member where group_id = $1 and lock = $3 and member_id <> $2)
  insert into member (group_id, member_id, lock) values ($1, $2, $3)
  on conflict (group_id, member_id) do update set lock = excluded.lock, since = now()`

/** Whoever is forgotten by two at once is forgotten by one of them. */
const FORGET = `delete from member where ctid = any(array(
  select ctid from member where group_id = $1 and member_id = any($2::text[]) for update skip locked))`

/**
 * Who reads for a consumer group. Each thread has a lock from now on until it is closed, in the session that its other locks are in; all
 * that is asked here is asked in that session, so that locks are looked for where our own is. Undefined where the store is one
 * process's, and there is nobody to take over. `clock` answers milliseconds, from any beginning.
 */
export function createMembers(
  { locks }: Database,
  { group, clock = () => performance.now() }: { readonly group: string; readonly clock?: () => number },
): Members | undefined {
  if (locks === undefined) return undefined
  const { session } = locks
  const lock = `belfry reader ${randomUUID()}`
  /** The name that the group gave us, and the one that we are listed under. */
  let wanted: string | undefined
  let listed: string | undefined

  const keep = async (): Promise<void> => {
    if (!locks.holds(lock)) {
      // A server that took the place of another may not have the row either.
      listed = undefined
      await locks.take(lock)
    }
    const name = wanted
    if (name === undefined || name === listed) return
    await session.ask(LIST, [group, name, lock])
    listed = name
  }
  const keeps = createSerialQueue()
  const isKept = () => locks.holds(lock) && listed === wanted
  let keeping: Promise<void> | undefined
  const keepSoon = () => {
    doubts.note()
    if (isKept()) return
    // What cannot be had now is tried again the next time.
    keeping ??= keeps
      .run(keep)
      .catch(() => {})
      .finally(() => (keeping = undefined))
  }
  const doubts = createDoubts(() => session.count, clock)
  const timer = setInterval(keepSoon, KEEP).unref()
  keepSoon()

  return {
    list: (member) =>
      asStoreErrors(() => {
        wanted = member
        // Somebody may have taken us for gone, and off the list.
        listed = undefined
        return keeps.run(keep)
      }),
    gone: () =>
      asStoreErrors(async () => {
        await keeps.run(keep)
        const began = clock()
        const [look] = await session.ask<Look>(LOOK, [group, lock])
        return look === undefined ? [] : doubts.judge(look, began)
      }),
    listed: () =>
      asStoreErrors(async () => {
        const statement = 'select member_id::text as id from member where group_id = $1'
        return (await session.ask<{ readonly id: string }>(statement, [group])).map(({ id }) => id)
      }),
    forget: (members) => asStoreErrors(async () => void (await session.ask(FORGET, [group, members]))),
    async close() {
      clearInterval(timer)
      await keeps.idle()
      wanted = undefined
      // A session that is gone has taken the lock with it; the row is then found by whoever looks.
      const leave = () => session.ask('delete from member where group_id = $1 and lock = $2', [group, lock])
      await leave()
        .then(() => locks.release(lock))
        .catch(() => {})
    },
  }
}

interface Look {
  readonly up: number
  readonly here: boolean
  readonly gone: readonly string[]
}

/** Decides whom to believe gone, look after look. `sessions` counts ours. */
function createDoubts(sessions: () => number, clock: () => number) {
  let isFirst = true
  /** Who was gone the last time, and since when. */
  let seen: ReadonlyMap<string, number> = new Map()
  let known = sessions()
  // Nobody's first session has come back from anything.
  let backAt = known > 1 ? clock() : Number.NEGATIVE_INFINITY
  /** Sees whether our session is another than before. */
  const note = () => {
    const now = sessions()
    if (now > 1 && now !== known) backAt = clock()
    known = now
  }
  return {
    note,
    judge({ up, here, gone }: Look, began: number): readonly string[] {
      note()
      const [isFirstLook, now] = [isFirst, clock()]
      isFirst = false
      if (!here || up < COMING_BACK || now - backAt < COMING_BACK) {
        seen = new Map()
        return []
      }
      const before = seen
      seen = new Map(gone.map((member) => [member, before.get(member) ?? now]))
      return gone.filter((member) => isFirstLook || began - (before.get(member) ?? began) >= APART)
    },
  }
}
