import { randomUUID } from 'node:crypto'
import type { Members } from '@belfry/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { asStoreErrors } from './store-errors.ts'
import { transact } from './transact.ts'

export interface MembersOptions {
  /** The consumer group. */
  readonly group: string
  /** Milliseconds, by a clock that only goes forward. */
  readonly clock?: () => number
  /** The lock is seen to every so many milliseconds. */
  readonly interval?: number
}

/** Somebody is gone who was seen without a lock for so many milliseconds. */
const TWO_LOOKS = 1_000
/** After the server or our session has come back, the others have so many milliseconds to take their locks again. */
const COMING_BACK = 5_000

/**
 * Lists who reads for a group, in the table `member`, each with a lock of its session; undefined where no other process can share the
 * store. Nobody's lock is ever taken to see whether it is free: it is looked up.
 */
export function createMembers(
  { background, locks }: Database,
  { group, clock = () => performance.now(), interval = 1_000 }: MembersOptions,
): Members | undefined {
  if (locks === undefined) return undefined
  const lock = `belfry member ${randomUUID()}`
  let wanted: string | undefined
  let listed: string | undefined
  let isFirst = true
  const suspects = new Map<string, number>()

  /** Takes the lock, again where its session broke, and then says whose it is. */
  const see = async () => {
    if (wanted === undefined) return
    await locks.take(lock)
    const member = wanted
    if (listed === member) return
    await transact(background, async (trx) => {
      await sql`delete from member where group_id = ${group} and lock = ${lock}`.execute(trx)
      await sql`insert into member (group_id, member_id, lock, since) values (${group}, ${member}, ${lock}, now())
        on conflict (group_id, member_id) do update set lock = excluded.lock, since = excluded.since`.execute(trx)
    })
    listed = member
  }
  let last: Promise<unknown> = Promise.resolve()
  const seeInTurn = (): Promise<void> => {
    const done = last.then(see)
    last = done.catch(() => {})
    return done
  }
  // What cannot be done now is done the next time.
  const seeing = setInterval(() => void seeInTurn().catch(() => {}), interval).unref()

  /** Whoever is listed without a lock, and how long the server is up, in milliseconds. */
  const look = async () => {
    const { rows } = await sql<{ member: string | null; up: number }>`
      with up as (select extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000 as up),
      listed as (select member_id, hashtextextended(lock, 1) as key from member where group_id = ${group} and lock <> ${lock})
      select m.member_id as member, up.up::float8 as up from up left join listed m on not exists (
        select 1 from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 1
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid::bigint = (m.key >> 32) & 4294967295 and l.objid::bigint = m.key & 4294967295)`.execute(
      background,
    )
    return { up: Number(rows[0]?.up ?? 0), members: rows.flatMap(({ member }) => member ?? []) }
  }

  return {
    async list(member) {
      wanted = member
      await asStoreErrors(seeInTurn)
    },
    async gone() {
      // A session of our own tells when we have been cut off.
      await asStoreErrors(() => locks.take(lock))
      const { up, members } = await asStoreErrors(look)
      const session = locks.session()
      const cameBack = session !== undefined && session.count > 1 && session.age < COMING_BACK
      if (up < COMING_BACK || cameBack) {
        suspects.clear()
        return []
      }
      const now = clock()
      for (const member of suspects.keys()) if (!members.includes(member)) suspects.delete(member)
      for (const member of members) if (!suspects.has(member)) suspects.set(member, isFirst ? now - TWO_LOOKS : now)
      isFirst = false
      return members.filter((member) => now - (suspects.get(member) ?? now) >= TWO_LOOKS)
    },
    async forget(members) {
      await asStoreErrors(() =>
        sql`delete from member where group_id = ${group} and member_id = any(${[...members]}::text[])`.execute(
          background,
        ),
      )
    },
    async close() {
      clearInterval(seeing)
      await last
      const wasListed = wanted !== undefined
      wanted = undefined
      if (wasListed)
        await asStoreErrors(() =>
          sql`delete from member where group_id = ${group} and lock = ${lock}`.execute(background),
        )
      await locks.release(lock)
    },
  }
}
