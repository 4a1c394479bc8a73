import type { Position, Slice } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'

// In the collation of the columns: what is ordered by them is in the order of their indexes on every database.
const columns = 'topic text collate "C", partition int, "from" bigint, next bigint, log text'
const placeOf = ({ topic, partition }: { topic: string; partition: number }) => `${partition} ${topic}`

/** As a driver reads it: numbers of eight bytes come as text. */
interface Row {
  readonly topic: string
  readonly partition: number
  readonly next: number | string
  readonly log: string | null
  readonly reached: number | string | null
}
const positionOf = ({ topic, partition, next, log, reached }: Row): Position => ({
  topic,
  partition,
  next: Number(next),
  ...(log !== null && { logId: log }),
  ...(reached !== null && { reached: Number(reached) }),
})

/** A position as the columns name it. */
const rowOf = ({ topic, partition, next, logId }: Position) => ({ topic, partition, next, log: logId })

/**
 * Writes starting positions where there are none, and returns where each partition stands. Existing positions stay as they are, their logs
 * too: a position without a log is the embedded log's, and means nothing in another. Only `movePositions` changes a log.
 */
export async function beginAt(db: Kysely<Tables>, starting: readonly Position[]): Promise<readonly Position[]> {
  if (starting.length === 0) return []
  await sql`insert into position (topic, partition, next, log)
    select r.topic, r.partition, r.next, r.log from ${records(starting.map(rowOf), columns)} order by 1, 2 on conflict do nothing`.execute(
    db,
  )
  const { rows } = await sql<Row>`select p.topic, p.partition, p.next, p.log, p.reached
    from position p join ${records(starting.map(rowOf), columns)} using (topic, partition)`.execute(db)
  return rows.map(positionOf)
}

/** The positions of the partitions of these topics, as far as they have one. */
export async function positionsOf(db: Kysely<Tables>, topics: readonly string[]): Promise<readonly Position[]> {
  const { rows } = await sql<Row>`select topic, partition, next, log, reached from position
    where topic = any(${[...topics]}::text[]) order by 1, 2`.execute(db)
  return rows.map(positionOf)
}

/**
 * Moves each position that still is `from` to `to`, and into its log; returns how many it has moved. For a position that goes back within
 * its log, `reached` keeps how far it had been applied.
 */
export async function movePositions(
  db: Kysely<Tables>,
  moves: readonly { readonly from: Position; readonly to: Position }[],
): Promise<number> {
  const wanted = moves.map(({ from: { topic, partition, next }, to }) => ({
    topic,
    partition,
    from: next,
    next: to.next,
    ...(to.logId !== undefined && { log: to.logId }),
  }))
  // Locked in order, so that two transactions never deadlock.
  const { rows } = await sql`with standing as materialized (
      select r.topic, r.partition, r."from", r.next, r.log
      from position p join ${records(wanted, columns)} using (topic, partition) order by 1, 2 for update of p)
    update position p set next = s.next, log = s.log, reached = case
      when p.log is not distinct from s.log and greatest(p.next, p.reached) > s.next then greatest(p.next, p.reached) end
    from standing s
    where p.topic = s.topic and p.partition = s.partition and p.next = s."from" returning 1`.execute(db)
  return rows.length
}

/** Moves the position of every slice whose partition stands where the slice begins (compare-and-set); returns where the others stand. */
export async function claimPositions(executor: Executor, slices: readonly Slice[]): Promise<readonly Position[]> {
  const wanted = slices.map(({ topic, partition, from, next }) => ({ topic, partition, from, next }))
  // Locked in order, so that two transactions never deadlock.
  const { rows } = await sql<Position>`with standing as materialized (
      select p.topic, p.partition, p.next, r."from", r.next as wanted
      from position p join ${records(wanted, columns)} using (topic, partition) order by 1, 2 for update of p),
    moved as (update position p set next = s.wanted from standing s
      where p.topic = s.topic and p.partition = s.partition and s.next = s."from")
    select topic, partition, next from standing`.execute(executor)
  const standing = new Map(rows.map((row) => [placeOf(row), Number(row.next)]))
  return slices
    .filter((slice) => standing.get(placeOf(slice)) !== slice.from)
    .map(({ topic, partition }) => ({ topic, partition, next: standing.get(placeOf({ topic, partition })) ?? 0 }))
}
