import type { Notification, Page, PageQuery, Replay, Why } from '@belfry/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { postgresLimits } from '../limits.ts'
import type { Tables } from '../schema/tables.ts'
import { hasExpired, isReadInSql, live, type NotificationRow, notificationOf, shownColumns } from './columns.ts'
import { dueOfInbox, isAnyDue } from './expired.ts'

const MAX_REPLAYED = postgresLimits.REPLAYED.most

interface InboxRow {
  readonly head: number
  /** What is unread, as far as it has not expired at the moment of the read. */
  readonly unread: number
  /** How many notifications have expired and have yet to be withdrawn. */
  readonly due: number
  readonly read_through: number
  readonly read_through_rev: number
  readonly floor: number
}
type Joined = InboxRow & { readonly [K in keyof NotificationRow]: NotificationRow[K] | null }

const empty: InboxRow = { head: 0, unread: 0, due: 0, read_through: 0, read_through_rev: 0, floor: 0 }

/** An inbox and some of its notifications at one moment, read by one statement, so that numbers and list agree. */
async function readInbox(
  db: Kysely<Tables>,
  person: string,
  notifications: RawBuilder<unknown>,
  now: number,
): Promise<{ inbox: InboxRow; rows: readonly NotificationRow[] }> {
  const { rows } = await sql<Joined & { is_any_due: boolean | null }>`
    select ${isAnyDue(new Date(now))} as is_any_due, 0 as due, i.head, i.unread, i.read_through, i.read_through_rev, i.floor,
      ${shownColumns}
    from inbox i left join lateral (${notifications}) n on true where i.person = ${person}`.execute(db)
  // Hardly ever, and so in a statement of its own, which takes longer to plan.
  const read = rows[0]?.is_any_due === true ? await readWhileDue(db, person, notifications, now) : rows
  return { inbox: read[0] ?? empty, rows: read.filter(isNotification) }
}

/** The same while something has expired, in this inbox or in another, that has yet to be withdrawn. */
async function readWhileDue(
  db: Kysely<Tables>,
  person: string,
  notifications: RawBuilder<unknown>,
  now: number,
): Promise<readonly Joined[]> {
  const { rows } = await sql<Joined>`
    select i.head, i.unread - d.due_unread as unread, d.due, i.read_through, i.read_through_rev, i.floor, ${shownColumns}
    from inbox i cross join lateral (${dueOfInbox(new Date(now))}) d left join lateral (${notifications}) n on true
    where i.person = ${person}`.execute(db)
  return rows
}

/** The numbers of an inbox at this moment. */
export async function readNumbers(
  db: Kysely<Tables>,
  person: string,
  now: number,
): Promise<{ head: number; unread: number }> {
  const { inbox } = await readInbox(db, person, sql`select * from notification where false`, now)
  return { head: inbox.head, unread: inbox.unread }
}

/** An inbox without matching notifications comes as one row of nulls. */
const isNotification = (row: Joined): row is Joined & NotificationRow => row.seq !== null

/** The heads of the inboxes of these people, as far as they have one. */
export async function readHeads(db: Kysely<Tables>, people: readonly string[]): Promise<ReadonlyMap<string, number>> {
  // Person by person, or the planner reads every inbox there is for a few hundred.
  const { rows } = await sql<{ person: string; head: number }>`select i.person, i.head
    from unnest(${[...people]}::text[]) as named
    cross join lateral (select * from inbox where person = named limit 1) i`.execute(db)
  return new Map(rows.map(({ person, head }) => [person, head]))
}

const filters = {
  all: sql`not n.archived`,
  unread: sql`not n.archived and not ${isReadInSql}`,
  archived: sql`n.archived`,
}

/** A part of an inbox, newest first. */
export async function readPage(
  db: Kysely<Tables>,
  person: string,
  { limit, before, filter, category }: PageQuery,
  now: number,
): Promise<Page> {
  const older = before === undefined ? sql`true` : sql`n.seq < ${before}`
  const wanted = category === undefined ? sql`true` : sql`n.category = ${category}`
  const { inbox, rows } = await readInbox(
    db,
    person,
    sql`select * from notification n where n.person = i.person and ${live(now)} and ${filters[filter]} and ${older} and ${wanted}
      order by n.seq desc limit ${limit + 1}`,
    now,
  )
  const items = rows.slice(0, limit).map((row) => notificationOf(row, inbox.read_through))
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, head: inbox.head, unread: inbox.unread, ...(last && { next: last.seq }) }
}

/** One notification; undefined where there is none, or where it is withdrawn or has expired. */
export async function readNotification(
  db: Kysely<Tables>,
  person: string,
  seq: number,
  now: number,
): Promise<Notification | undefined> {
  const { inbox, rows } = await readInbox(
    db,
    person,
    sql`select * from notification n where n.person = i.person and n.seq = ${seq} and ${live(now)}`,
    now,
  )
  const [row] = rows
  return row && notificationOf(row, inbox.read_through)
}

/** What a client lacks that has everything up to `after`, and whether something has expired that has yet to be withdrawn. */
export async function readReplay(
  db: Kysely<Tables>,
  person: string,
  after: number | undefined,
  now: number,
): Promise<{ readonly replay: Replay; readonly isDue: boolean }> {
  const { inbox, rows } = await readInbox(
    db,
    person,
    after === undefined ? sql`select * from notification where false` : lacking(after),
    now,
  )
  const { head, unread, floor, read_through, read_through_rev } = inbox
  const isDue = inbox.due > 0
  const from = after ?? head
  if (from > head || from < floor || rows.length > MAX_REPLAYED)
    return { replay: { kind: 'reset', head, unread }, isDue }
  // What has expired is shown as it will be once it is withdrawn.
  const items = rows.map((row) =>
    notificationOf({ ...row, withdrawn: row.withdrawn || hasExpired(row, now) }, read_through),
  )
  const mark = read_through_rev > from ? { readThrough: read_through } : {}
  return { replay: { kind: 'changes', after: from, head, unread, ...mark, items }, isDue }
}

/** What arrived after a number, and what arrived before it and has changed since: there is an index for each half. */
const lacking = (after: number) => sql`select * from (
  (select * from notification n where n.person = i.person and n.seq > ${after} order by n.seq limit ${MAX_REPLAYED + 1})
  union all
  (select * from notification n where n.person = i.person and n.rev > ${after} and n.rev <> n.seq and n.seq <= ${after}
    order by n.rev limit ${MAX_REPLAYED + 1})
) n order by n.rev limit ${MAX_REPLAYED + 1}`

/** Why a notification is there. */
export async function readWhy(db: Kysely<Tables>, person: string, seq: number): Promise<Why | undefined> {
  const row = await db
    .selectFrom('notification')
    .select(['plugin', 'message', 'audience', 'why'])
    .where('person', '=', person)
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { plugin, message, audience, why } = row
  return { ...why, plugin, message, ...(audience !== null && { audience }) }
}
