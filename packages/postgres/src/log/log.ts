import { BelfryError } from '@belfry/contracts/errors'
import {
  type Chunk,
  coreErrors,
  createLine,
  type LogView,
  type NewRecord,
  type Position,
  type Positions,
  type Progress,
  type Publisher,
  type Source,
  type SourceRecord,
} from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../connect/database.ts'
import { records } from '../connect/records.ts'
import { within } from '../connect/store-errors.ts'
import { transact } from '../connect/transact.ts'
import { postgresLimits } from '../limits.ts'
import type { Tables } from '../schema/tables.ts'

/** Each topic has one partition: its events keep their order, and topics do not wait for one another. */
const PARTITION = 0
/** Where others append too, the ends are looked at so often (milliseconds). */
const LOOK = 200
/** What is applied is deleted after so many milliseconds, so many records at a time. */
const FORGET_AFTER = 1_000
const FORGET = 2_000

interface Topic {
  readonly name: string
  /** The next offset to take. */
  next: number
  /** The offset after the last that is known to be there. */
  end: number
  running: boolean
  /** Whether this process is the one that reads it. */
  owned: boolean
  /** Everything below is applied. */
  applied: number
  /** Its position is that of another log: an operator has to decide where it goes on. */
  foreign: boolean
}

/** The embedded log: a source and a publisher on the table event_log. `clock` answers milliseconds since 1970. */
export function createLog(
  { db, operators, background, patience, locks }: Database,
  { clock = Date.now }: { readonly clock?: () => number } = {},
): {
  readonly source: Source
  readonly publisher: Publisher
  /** Where these topics stand, wherever they are read. */
  readonly view: (topics: readonly string[]) => LogView
} {
  const topics = new Map<string, Topic>()
  // Appends to a topic wait for one another in any case: more of them at once would only take connections from people.
  const appends = createLine({
    atOnce: postgresLimits.APPENDS.most,
    waiting: postgresLimits.APPENDS_WAITING.most,
    full: () =>
      coreErrors.LOG_UNAVAILABLE({ why: `${postgresLimits.APPENDS_WAITING.most} requests wait for it already` }),
  })
  let kept: Positions = { beginAt: async () => [], of: async () => [] }
  let closed = false
  let wake = () => {}
  let looking: NodeJS.Timeout | undefined
  let forgetting: { readonly timer: NodeJS.Timeout; done?: Promise<void> } | undefined

  const takeable = ({ name, running, owned, foreign, next, end }: Topic) =>
    running && owned && !foreign && next < end && (locks?.holds(lockName(name)) ?? true)

  /** One look at a time: a second one that takes over what the first has just taken would begin before what is under way. */
  let looked: Promise<void> | undefined
  const look = () => {
    looked ??= lookNow().finally(() => (looked = undefined))
    return looked
  }
  /** Takes over what nobody reads, and sees what others have appended. */
  const lookNow = async () => {
    for (const topic of topics.values()) {
      // A lock alone is not enough: the position may not have been read after it was taken.
      if (locks === undefined || (topic.owned && locks.holds(lockName(topic.name)))) continue
      topic.owned = false
      if (!topic.running || !(await locks.take(lockName(topic.name)))) continue
      // Whoever read it before us has moved the position; and both may have gone back, where a replica that lacked the last writes
      // was promoted.
      const [position] = await kept.of([topic.name])
      if (position) standAt(topic, position)
      topic.end = (await readEnds(background, [topic.name])).get(topic.name) ?? 0
      topic.owned = true
    }
    for (const [name, end] of await readEnds(background, [...topics.keys()])) {
      const topic = topics.get(name)
      if (topic) topic.end = end
    }
    if ([...topics.values()].some(takeable)) wake()
  }
  /** Goes on from where positions stand, where somebody has moved them. */
  const lookAtPositions = async () => {
    for (const position of await kept.of([...topics.keys()])) {
      const topic = topics.get(position.topic)
      const isMoved = topic && (topic.foreign || position.next < topic.applied || position.next > topic.next)
      if (isMoved) standAt(topic, position)
    }
    wake()
  }
  const keepLooking = () => {
    looking = setTimeout(() => {
      // What cannot be seen now is seen the next time; taking says what is wrong.
      look()
        .catch(() => {})
        .finally(() => !closed && keepLooking())
    }, LOOK)
    looking.unref()
  }

  const forget = async () => {
    for (const { name, applied, foreign } of topics.values())
      for (let gone = FORGET; gone === FORGET && !closed && !foreign; )
        gone = await deleteApplied(background, name, applied)
  }
  const forgetSoon = () => {
    if (forgetting !== undefined || closed) return
    const timer = setTimeout(() => {
      // What is not forgotten now is forgotten with what comes next.
      const done = forget()
        .catch(() => {})
        .finally(() => (forgetting = undefined))
      forgetting = { timer, done }
    }, FORGET_AFTER)
    forgetting = { timer: timer.unref() }
  }

  const stop = () => {
    closed = true
    clearTimeout(looking)
    clearTimeout(forgetting?.timer)
    wake()
  }
  const source: Source = {
    async open(names, store) {
      kept = store
      const positions = await store.beginAt(names.map((topic) => ({ topic, partition: PARTITION, next: 0 })))
      const ends = await readEnds(background, names)
      for (const { topic, next, log } of positions)
        topics.set(topic, {
          ...{ name: topic, next, end: ends.get(topic) ?? 0, running: false },
          ...{ owned: locks === undefined, applied: next, foreign: log !== undefined },
        })
      if (locks !== undefined) keepLooking()
      // What was applied just before a stop.
      forgetSoon()
    },
    async take(limit, onIdle = () => {}) {
      for (;;) {
        if (closed) return []
        const waiting = [...topics.values()].filter(takeable)
        if (waiting.length > 0) {
          const chunks = await asLogErrors(() => takeFrom(background, waiting, limit))
          if (chunks.length > 0) return chunks
          continue
        }
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        onIdle()
        await promise
      }
    },
    advance(positions) {
      for (const { topic, next } of positions) {
        const found = topics.get(topic)
        if (found) found.applied = next
      }
      forgetSoon()
    },
    rewind(position: Position) {
      const found = topics.get(position.topic)
      if (found) standAt(found, position)
      wake()
    },
    look() {
      // What cannot be seen now is seen when it is looked again.
      lookAtPositions().catch(() => {})
    },
    pause(topic) {
      const found = topics.get(topic)
      if (found) found.running = false
    },
    resume(topic) {
      const found = topics.get(topic)
      if (found) found.running = true
      wake()
      // Whoever may have to take it over need not wait for the next look.
      if (locks !== undefined) look().catch(() => {})
    },
    progress: () => asLogErrors(() => readProgress(operators, [...topics.values()]), patience),
    async locate(position) {
      const { topic, partition, next } = position
      const high = (await asLogErrors(() => readEnds(operators, [topic]), patience)).get(topic) ?? 0
      if (next > high) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low: 0, high })
      return position
    },
    trouble() {
      const foreign = [...topics.values()]
        .filter((topic) => topic.foreign)
        .map(({ name, applied }) => strandedAt(name, applied))
      return foreign.length > 0 ? foreign.join('; ') : undefined
    },
    stop,
    async close() {
      stop()
      await forgetting?.done
      if (locks) for (const name of topics.keys()) await locks.release(lockName(name)).catch(() => {})
    },
  }

  const publisher: Publisher = {
    async publish(batch) {
      if (batch.length === 0) return
      const appendNow = () => append(db, batch, new Date(clock()))
      const ends = await asLogErrors(() => appends.run(appendNow), patience)
      for (const [topic, end] of ends) {
        const found = topics.get(topic)
        if (found) found.end = Math.max(found.end, end)
      }
      wake()
    },
    async close() {},
  }
  const view = (names: readonly string[]): LogView => ({
    progress: () =>
      asLogErrors(
        () =>
          readProgress(
            db,
            names.map((name) => ({ name, owned: false, applied: 0 })),
          ),
        patience,
      ),
    locate: source.locate,
    async close() {},
  })
  return { source, publisher, view }
}

/** A position in Kafka says nothing of this log. */
const strandedAt = (topic: string, next: number): string =>
  `${topic} was read up to ${next} from Kafka, and not yet from the log in the store`

/** Goes on from this position. */
function standAt(topic: Topic, { next, log }: Position): void {
  Object.assign(topic, { next, applied: next, foreign: log !== undefined })
}

const lockName = (topic: string): string => `belfry event_log ${topic}`

async function readEnds(db: Kysely<Tables>, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } =
    await sql<Position>`select topic, next from event_log_end where topic = any(${[...names]}::text[])`.execute(db)
  return new Map(rows.map(({ topic, next }) => [topic, Number(next)]))
}

/** Where every topic stands: those that we read as we know it, the others as the store has it. */
async function readProgress(
  db: Kysely<Tables>,
  topics: readonly Pick<Topic, 'name' | 'owned' | 'applied'>[],
): Promise<readonly Progress[]> {
  const known = topics.map(({ name, owned, applied }) => ({ topic: name, applied: owned ? applied : null }))
  const { rows } = await sql<{
    topic: string
    next: number | string
    end: number | string
    oldest: Date | null
    foreign: boolean
    low: number | string | null
  }>`
    select r.topic, s.next, coalesce(e.next, 0) as "end", l.at as oldest, p.log is not null as "foreign",
      case when p.log is not null then (select min("offset") from event_log
        where topic = r.topic and partition = ${PARTITION}) end as low
    from ${records(known, 'topic text, applied bigint')}
    left join position p on p.topic = r.topic and p.partition = ${PARTITION}
    cross join lateral (select coalesce(r.applied, p.next, 0) as next) s
    left join event_log_end e on e.topic = r.topic and e.partition = ${PARTITION}
    left join event_log l on l.topic = r.topic and l.partition = ${PARTITION} and l."offset" = s.next`.execute(db)
  return rows.map((row) => {
    const [next, ends] = [Number(row.next), Number(row.end)]
    const place = { topic: row.topic, partition: PARTITION, next }
    if (row.foreign)
      return { ...place, end: ends, lag: ends - Number(row.low ?? ends), stranded: strandedAt(row.topic, next) }
    const end = Math.max(next, ends)
    return { ...place, end, lag: end - next, ...(row.oldest !== null && { oldest: row.oldest.getTime() }) }
  })
}

async function deleteApplied(db: Kysely<Tables>, topic: string, applied: number): Promise<number> {
  // By a range: a list of offsets is compared with each row where the planner knows nothing of the table, as it does in PGlite. Never
  // above the position as it is now, which may have gone back.
  const { rows } = await sql`delete from event_log where topic = ${topic} and partition = ${PARTITION}
    and "offset" < least(${applied}::bigint,
      (select case when log is null then next else 0 end from position where topic = ${topic} and partition = ${PARTITION}),
      ${FORGET} + (select min("offset") from event_log where topic = ${topic} and partition = ${PARTITION}))
    returning 1`.execute(db)
  return rows.length
}

interface Taken {
  readonly topic: string
  /** Where the topic ends. */
  readonly end: number | string | null
  /** Absent where there is nothing to take. */
  readonly offset: number | string | null
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
  readonly at: Date
}

/**
 * The next records of each topic, the limit shared among them, and moves what is next: never beyond the end as it is now, which may
 * have gone back.
 */
async function takeFrom(db: Kysely<Tables>, waiting: readonly Topic[], limit: number): Promise<readonly Chunk[]> {
  const share = Math.max(1, Math.floor(limit / waiting.length))
  const turns = waiting.slice(0, limit).map((topic) => {
    const { name, next, end } = topic
    return { topic, known: end, range: { topic: name, from: next, until: Math.min(next + share, end) } }
  })
  // Each range by itself and with a limit, or a backlog would be looked at as a whole.
  const { rows } = await sql<Taken>`
    select r.topic, e.next as "end", l."offset", l.key, l.value, l.headers, l.at
    from ${records(
      turns.map(({ range }) => range),
      'topic text, "from" bigint, until bigint',
    )}
    left join event_log_end e on e.topic = r.topic and e.partition = ${PARTITION}
    left join lateral (select * from event_log l where l.topic = r.topic and l.partition = ${PARTITION}
      and l."offset" >= r."from" and l."offset" < least(r.until, e.next) order by l."offset" limit ${share}) l on true
    order by r.topic, l."offset"`.execute(db)
  const found = Map.groupBy(rows, ({ topic }) => topic)
  return turns.flatMap(({ topic, known, range: { from, until } }) => {
    const own = found.get(topic.name) ?? []
    const end = Number(own[0]?.end ?? 0)
    // Unless something has been appended since.
    if (end < until && topic.end === known) topic.end = end
    const next = Math.min(until, end)
    if (next <= from) return []
    topic.next = next
    return { topic: topic.name, partition: PARTITION, from, next, records: own.flatMap(recordOf) }
  })
}

const recordOf = ({ offset, key, value, headers, at }: Taken): SourceRecord | readonly [] =>
  offset === null
    ? []
    : { offset: Number(offset), timestamp: at.getTime(), key: Buffer.from(key), value: Buffer.from(value), headers }

/**
 * Appends, all or nothing; answers the topics' new ends. Offsets come from a row that stays locked until the commit, so a reader
 * never sees an offset before the ones below it.
 */
async function append(db: Kysely<Tables>, batch: readonly NewRecord[], at: Date): Promise<ReadonlyMap<string, number>> {
  const counts = [...Map.groupBy(batch, ({ topic }) => topic)].map(([topic, some]) => ({ topic, count: some.length }))
  return transact(db, async (trx) => {
    const { rows } = await sql<{
      topic: string
      next: number | string
    }>`insert into event_log_end as e (topic, partition, next)
      select r.topic, ${PARTITION}, r.count from ${records(counts, 'topic text collate "C", count bigint')} order by 1
      on conflict (topic, partition) do update set next = e.next + excluded.next returning topic, next`.execute(trx)
    const ends = new Map(rows.map(({ topic, next }) => [topic, Number(next)]))
    const nexts = new Map(counts.map(({ topic, count }) => [topic, (ends.get(topic) ?? 0) - count]))
    const numbered = batch.map((record) => {
      const offset = nexts.get(record.topic) ?? 0
      nexts.set(record.topic, offset + 1)
      return { ...record, offset }
    })
    await sql`insert into event_log (topic, partition, "offset", key, value, headers, at)
      select topic, ${PARTITION}, "offset", key, value, headers, ${at.toISOString()}::timestamptz
      from ${records(numbered, 'topic text, "offset" bigint, key text, value text, headers jsonb')}`.execute(trx)
    return ends
  })
}

async function asLogErrors<T>(call: () => Promise<T>, patience?: number): Promise<T> {
  try {
    return await (patience === undefined ? call() : within(call(), patience))
  } catch (error) {
    if (error instanceof BelfryError && error.code === coreErrors.LOG_UNAVAILABLE.code) throw error
    const why = error instanceof BelfryError ? error.sentence : error instanceof Error ? error.message : String(error)
    throw coreErrors.LOG_UNAVAILABLE({ why }, { cause: error })
  }
}
