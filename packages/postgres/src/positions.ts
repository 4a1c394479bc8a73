import type { Position, Slice } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { identityOf } from './identity.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'
import { transact } from './transact.ts'

// Of the collation of the columns, so that whatever is ordered is in the order of their indexes on every database.
const columns = 'topic text collate "C", partition int, "from" bigint, next bigint'
const placeOf = ({ topic, partition }: { topic: string; partition: number }) => `${partition} ${topic}`

/**
 * Writes starting positions where there are none, and answers where each partition stands. A position that is there never moves; one that
 * was written before logs had names is given that of the log.
 */
export async function beginAt(db: Kysely<Tables>, starting: readonly Position[]): Promise<readonly Position[]> {
  if (starting.length === 0) return []
  await sql`insert into position as p (topic, partition, next, log)
    select r.topic, r.partition, r.next, r.log from ${records(starting, `${columns}, log text`)} order by 1, 2
    on conflict (topic, partition) do update set log = excluded.log where p.log is null and excluded.log is not null`.execute(
    db,
  )
  const { rows } = await sql<Row>`select p.topic, p.partition, p.next, p.log
    from position p join ${records(starting, columns)} using (topic, partition)`.execute(db)
  return rows.map(positionOf)
}

/** The positions of these topics that there are. */
export async function positionsOf(db: Kysely<Tables>, topics: readonly string[]): Promise<readonly Position[]> {
  const { rows } =
    await sql<Row>`select topic, partition, next, log from position where topic = any(${[...topics]}::text[])
      order by 1, 2`.execute(db)
  return rows.map(positionOf)
}

/** Moves positions that still are where they were seen; answers how many. */
export async function movePositions(
  db: Kysely<Tables>,
  moves: readonly { readonly from: Position; readonly to: Position }[],
): Promise<number> {
  const wanted = moves.map(({ from, to }) => ({
    ...{ topic: from.topic, partition: from.partition, from: from.next, next: to.next, log: to.log ?? null },
  }))
  return transact(db, async (trx) => {
    const { rows } = await sql<Row>`select p.topic, p.partition, p.next
      from position p join ${records(wanted, columns)} using (topic, partition) where p.next = r."from"
      order by 1, 2 for update of p`.execute(trx)
    const found = new Set(rows.map(placeOf))
    const due = wanted.filter((one) => found.has(placeOf(one)))
    if (due.length > 0)
      await sql`update position p set next = r.next, log = r.log from ${records(due, `${columns}, log text`)}
        where p.topic = r.topic and p.partition = r.partition`.execute(trx)
    return due.length
  })
}

type Row = Omit<Position, 'log'> & { readonly log: string | null }
const positionOf = ({ topic, partition, next, log }: Row): Position => ({
  ...{ topic, partition, next: Number(next) },
  ...(log !== null && { log }),
})

/** Moves the position of every slice whose partition stands where the slice begins (compare-and-set); the others are lost. */
export async function claimPositions<S extends Slice>(
  trx: Transaction<Tables>,
  slices: readonly S[],
): Promise<{ won: readonly S[]; lost: readonly Position[] }> {
  const wanted = slices.map(({ topic, partition, from, next }) => ({ topic, partition, from, next }))
  // Locked in order, so that two transactions never wait for each other crosswise.
  const { rows } = await sql<Position>`select p.topic, p.partition, p.next
    from position p join ${records(wanted, columns)} using (topic, partition) order by 1, 2 for update of p`.execute(
    trx,
  )
  const standing = new Map(rows.map((row) => [placeOf(row), Number(row.next)]))
  const won = slices.filter((slice) => standing.get(placeOf(slice)) === slice.from)
  if (won.length > 0)
    await sql`update position p set next = r.next
      from ${records(
        won.map(({ topic, partition, next }) => ({ topic, partition, next })),
        columns,
      )}
      where p.topic = r.topic and p.partition = r.partition`.execute(trx)
  const lost = slices
    .filter((slice) => !won.includes(slice))
    .map(({ topic, partition }) => ({ topic, partition, next: standing.get(placeOf({ topic, partition })) ?? 0 }))
  return { won, lost }
}

/** Takes note of the events' identities; answers which of them had not been seen before, here or earlier in the same list. */
export async function claimIdentities<E extends { readonly source: string; readonly id: string }>(
  trx: Transaction<Tables>,
  events: readonly E[],
  at: Date,
): Promise<ReadonlySet<E>> {
  const first = new Map<string, E>()
  for (const event of events) {
    const identity = identityOf(event)
    if (!first.has(identity)) first.set(identity, event)
  }
  if (first.size === 0) return new Set()
  const { rows } = await sql<{ id: string }>`insert into event (id, at)
    select id::uuid, ${at.toISOString()}::timestamptz from unnest(${[...first.keys()].sort()}::text[]) as id
    on conflict do nothing returning id`.execute(trx)
  return new Set(rows.flatMap(({ id }) => first.get(id) ?? []))
}
