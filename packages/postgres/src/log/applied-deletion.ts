import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import { type LogTopics, PARTITION } from './log-topics.ts'

/** Milliseconds from when records are applied until they are deleted. */
const DELETE_AFTER_MS = 1_000
/** One statement deletes at most this many records. */
const RECORDS_PER_STATEMENT = 2_000

/** Deletes what is applied, some time later. */
export interface AppliedDeletion {
  /** Some of the log has been applied. */
  soon(): void
  stop(): void
  /** Resolves once what is under way has ended. */
  idle(): Promise<void>
}

/** Makes what deletes the applied records of these topics. */
export function createAppliedDeletion(db: Kysely<Tables>, topics: LogTopics): AppliedDeletion {
  let stopped = false
  let waiting: { readonly timer: NodeJS.Timeout; done?: Promise<void> } | undefined

  const deleteAll = async () => {
    for (const { name, applied, foreign } of topics.all)
      for (let gone = RECORDS_PER_STATEMENT; gone === RECORDS_PER_STATEMENT && !stopped && !foreign; )
        gone = await deleteApplied(db, name, applied)
  }
  return {
    soon() {
      if (waiting !== undefined || stopped) return
      const timer = setTimeout(() => {
        // What is not deleted now is deleted with what comes next.
        const done = deleteAll()
          .catch(() => {})
          .finally(() => (waiting = undefined))
        waiting = { timer, done }
      }, DELETE_AFTER_MS)
      waiting = { timer: timer.unref() }
    },
    stop() {
      stopped = true
      clearTimeout(waiting?.timer)
    },
    async idle() {
      await waiting?.done
    },
  }
}

async function deleteApplied(db: Kysely<Tables>, topic: string, applied: number): Promise<number> {
  // By a range: a list of offsets is compared with each row where the planner has no statistics of the table, as in PGlite. Never above
  // the position as it is now, which may have gone back.
  const { rows } = await sql`delete from event_log where topic = ${topic} and partition = ${PARTITION}
    and "offset" < least(${applied}::bigint,
      (select case when log is null then next else 0 end from position where topic = ${topic} and partition = ${PARTITION}),
      ${RECORDS_PER_STATEMENT} + (select min("offset") from event_log where topic = ${topic} and partition = ${PARTITION}))
    returning 1`.execute(db)
  return rows.length
}
