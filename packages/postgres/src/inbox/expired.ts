import type { Change } from '@belfry/core'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { transact } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'
import { isReadInSql, type NotificationRow, shownColumns } from './columns.ts'
import { lockInboxes, withdrawRows } from './numbers.ts'
import { openInboxes } from './open-inboxes.ts'

/** How many expired notifications are considered at once, in all inboxes; the next step of upkeep withdraws the others. */
const MOST_CONSIDERED = 10_000
/** How many are withdrawn together with what a transaction writes. */
const MOST_WITHDRAWN = 2_000

/** A notification `n` that has expired by this moment and has yet to be withdrawn. */
export const due = (at: Date) => sql`not n.withdrawn and n.expires_at <= ${at.toISOString()}::timestamptz`

/**
 * Whether there is any such notification, null where nothing expires: one descent into an index, whatever else there is. Without it the
 * planner, which takes most of what has an end for expired, may read whole inboxes.
 */
export const isAnyDue = (at: Date): RawBuilder<boolean | null> => sql`(select expires_at from notification
  where expires_at is not null and not withdrawn order by expires_at limit 1) <= ${at.toISOString()}::timestamptz`

/** One row: how many notifications of the inbox `i` have expired by this moment (`due`), and how many of them it counts as unread. */
export const dueOfInbox = (at: Date): RawBuilder<unknown> => sql`select count(*)::int as due,
    count(*) filter (where not n.archived and not ${isReadInSql})::int as due_unread
  from notification n where n.person = i.person and ${due(at)}`

/**
 * Withdraws what has expired by this moment from the inboxes of these people, before a transaction changes them: so each frame leads to
 * the list and the count that a page shows. Where nothing has expired, no inbox is locked.
 */
export async function withdrawExpired(
  trx: Transaction<Tables>,
  people: readonly string[],
  at: Date,
): Promise<readonly Change[]> {
  const { rows: found } = await sql`select 1 from (
      select n.person from notification n where ${isAnyDue(at)} and ${due(at)}
      order by n.expires_at, n.person, n.seq limit ${MOST_CONSIDERED}) n
    where n.person = any(${[...people]}::text[]) limit 1`.execute(trx)
  if (found.length === 0) return []
  const inboxes = await openInboxes(trx, people)
  const { rows } = await sql<NotificationRow & { readonly person: string }>`select n.person, ${shownColumns}
    from notification n where n.person = any(${[...people]}::text[]) and ${due(at)}
    order by n.person, n.seq limit ${MOST_WITHDRAWN}`.execute(trx)
  return withdrawRows(trx, inboxes, rows, at)
}

/** Withdraws what has expired by this moment (milliseconds since 1970) from the inbox of a person, who reads it. */
export async function withdrawExpiredOf(db: Kysely<Tables>, person: string, now: number): Promise<Change | undefined> {
  return transact(db, async (trx) => {
    // An inbox that an erasure has removed meanwhile stays so.
    if ((await lockInboxes(trx, [person])).size === 0) return undefined
    const [change] = await withdrawExpired(trx, [person], new Date(now))
    return change
  })
}

/** Changes of inboxes, and those that followed them in the same transaction, as one of each inbox. */
export function joinedChanges(first: readonly Change[], second: readonly Change[]): readonly Change[] {
  if (first.length === 0) return second
  const all = new Map(first.map((change) => [change.person, change]))
  for (const change of second) all.set(change.person, joined(all.get(change.person), change))
  return [...all.values()]
}

/** Two changes of one inbox that follow one another, as one: each notification once, in its latest form. */
export function joined(first: Change | undefined, second: Change): Change {
  if (first === undefined) return second
  const later = new Set(second.items.map(({ seq }) => seq))
  return {
    ...second,
    after: first.after,
    items: [...first.items.filter(({ seq }) => !later.has(seq)), ...second.items],
  }
}
