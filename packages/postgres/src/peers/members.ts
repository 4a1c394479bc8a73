import { randomUUID } from 'node:crypto'
import type { Members } from '@belfry/core'
import { createSerialQueue } from '@belfry/core/flow'
import type { Database } from '../connect/database.ts'
import { asStoreErrors } from '../connect/store-errors.ts'

/** Milliseconds between two tries to take a lock that was lost. */
const RETRY_INTERVAL_MS = 250
/** Two observations are at least this far apart: a timer of a second may fire a little early. */
const MIN_OBSERVATION_GAP_MS = 900
/** For this long after a server or a session has come back, other members might not have taken their locks again. */
const RECOVERY_MS = 5_000

/** In one statement: for how long the server has been up, whether it has our own lock, and which members have none. */
const OBSERVE = `with held as materialized (
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

/** A member that two instances forget at once is forgotten by one of them. */
const FORGET = `delete from member where ctid = any(array(
  select ctid from member where group_id = $1 and member_id = any($2::text[]) for update skip locked))`

/**
 * The members of a consumer group. Each thread holds a lock until it is closed, in the session of its other locks. All statements run in
 * that session, so that the locks of others are observed where its own is. Undefined where the store belongs to one process, and no other
 * could take over. `clock` returns milliseconds, from any beginning.
 */
export function createMembers(
  { locks }: Database,
  { group, clock = () => performance.now() }: { readonly group: string; readonly clock?: () => number },
): Members | undefined {
  if (locks === undefined) return undefined
  const { session } = locks
  const lock = `belfry reader ${randomUUID()}`
  /** The name that the group has given this member, and the one that it is listed under. */
  let wanted: string | undefined
  let listed: string | undefined
  const observations = new Observations(() => session.count, clock)

  const keep = async (): Promise<void> => {
    if (!locks.holds(lock)) {
      // A server that took the place of another might not have the row either.
      listed = undefined
      await locks.take(lock)
    }
    const name = wanted
    if (name === undefined || name === listed) return
    await session.query(LIST, [group, name, lock])
    listed = name
  }
  const keeps = createSerialQueue()
  const isKept = () => locks.holds(lock) && listed === wanted
  let keeping: Promise<void> | undefined
  const keepSoon = () => {
    observations.noteSession()
    if (isKept()) return
    // What fails now is tried again the next time.
    keeping ??= keeps
      .run(keep)
      .catch(() => {})
      .finally(() => (keeping = undefined))
  }
  const timer = setInterval(keepSoon, RETRY_INTERVAL_MS).unref()
  keepSoon()

  return {
    list: (member) =>
      asStoreErrors(() => {
        wanted = member
        // Another member may have taken this one for gone, and off the list.
        listed = undefined
        return keeps.run(keep)
      }),
    gone: () =>
      asStoreErrors(async () => {
        await keeps.run(keep)
        const began = clock()
        const [observation] = await session.query<Observation>(OBSERVE, [group, lock])
        return observation === undefined ? [] : observations.confirmGone(observation, began)
      }),
    listed: () =>
      asStoreErrors(async () => {
        const statement = 'select member_id::text as id from member where group_id = $1'
        return (await session.query<{ readonly id: string }>(statement, [group])).map(({ id }) => id)
      }),
    forget: (members) => asStoreErrors(async () => void (await session.query(FORGET, [group, members]))),
    async close() {
      clearInterval(timer)
      await keeps.idle()
      wanted = undefined
      // A session that is gone has taken the lock with it; the row is then found by the next member that observes.
      const leave = () => session.query('delete from member where group_id = $1 and lock = $2', [group, lock])
      await leave()
        .then(() => locks.release(lock))
        .catch(() => {})
    },
  }
}

interface Observation {
  readonly up: number
  readonly here: boolean
  readonly gone: readonly string[]
}

/** Confirms which members are gone, from one observation to the next. */
class Observations {
  readonly #sessions: () => number
  readonly #clock: () => number
  #isFirst = true
  /** The members that were gone the last time, and since when. */
  #seen: ReadonlyMap<string, number> = new Map()
  #known: number
  #backAt: number

  /** @param sessions returns how many sessions this member has had */
  constructor(sessions: () => number, clock: () => number) {
    this.#sessions = sessions
    this.#clock = clock
    this.#known = sessions()
    // A first session has not come back from anything.
    this.#backAt = this.#known > 1 ? clock() : Number.NEGATIVE_INFINITY
  }

  /** Notes whether the session is another one than before. */
  noteSession(): void {
    const now = this.#sessions()
    if (now > 1 && now !== this.#known) this.#backAt = this.#clock()
    this.#known = now
  }

  /** The members that are gone for certain; `began` is when the observation began. */
  confirmGone({ up, here, gone }: Observation, began: number): readonly string[] {
    this.noteSession()
    const [isFirst, now] = [this.#isFirst, this.#clock()]
    this.#isFirst = false
    if (!here || up < RECOVERY_MS || now - this.#backAt < RECOVERY_MS) {
      this.#seen = new Map()
      return []
    }
    const before = this.#seen
    this.#seen = new Map(gone.map((member) => [member, before.get(member) ?? now]))
    return gone.filter((member) => isFirst || began - (before.get(member) ?? began) >= MIN_OBSERVATION_GAP_MS)
  }
}
