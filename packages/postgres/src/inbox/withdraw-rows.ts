import type { Change } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'
import { isRead, type NotificationRow, notificationOf } from './notification-row.ts'

/** An inbox whose row is locked, and the rows that leave it, read after that. */
export interface Leaving {
  readonly person: string
  readonly head: number
  readonly read_through: number
  readonly rows: readonly NotificationRow[]
}

/** Locks the inboxes of these people in one order; what is read by later statements stands still. */
export async function lockInboxes(
  trx: Transaction<Tables>,
  people: readonly string[],
): Promise<ReadonlyMap<string, { readonly head: number; readonly read_through: number }>> {
  const { rows } = await sql<{ person: string; head: number; read_through: number }>`select person, head, read_through
    from inbox where person = any(${[...people]}::text[]) order by person for update`.execute(trx)
  return new Map(rows.map(({ person, ...inbox }) => [person, inbox]))
}

/** Withdraws rows of locked inboxes: each takes a number. */
export async function withdrawRows(
  trx: Transaction<Tables>,
  inboxes: readonly Leaving[],
  at: Date,
): Promise<readonly Change[]> {
  if (inboxes.length === 0) return []
  const leaving = inboxes.map(({ person, head, read_through, rows }) => {
    const gone = rows.map((row, index) => ({
      ...row,
      rev: head + index + 1,
      read: isRead(row, read_through),
      withdrawn: true,
    }))
    return { person, after: head, gone, counted: gone.filter(({ read, archived }) => !read && !archived).length }
  })
  const moves = leaving.map(({ person, gone, counted }) => ({ person, steps: gone.length, counted }))
  const { rows } = await sql<{ person: string; unread: number }>`update inbox i
    set head = i.head + r.steps, unread = i.unread - r.counted
    from ${records(moves, 'person text, steps int, counted int')} where i.person = r.person
    returning i.person, i.unread`.execute(trx)
  const revs = leaving.flatMap(({ person, gone }) => gone.map(({ seq, rev }) => ({ person, seq, rev })))
  await sql`update notification n set rev = r.rev, withdrawn = true, withdrawn_at = ${at.toISOString()}::timestamptz
    from ${records(revs, 'person text, seq int, rev int')} where n.person = r.person and n.seq = r.seq`.execute(trx)
  const unread = new Map(rows.map((row) => [row.person, row.unread]))
  return leaving.map(({ person, after, gone }) => ({
    ...{ person, after, head: after + gone.length, unread: unread.get(person) ?? 0 },
    items: gone.map((row) => notificationOf(row, 0)),
  }))
}
