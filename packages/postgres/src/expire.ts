import type { Change } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { isRead, type NotificationRow, notificationOf, shownColumns } from './notification-row.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

/** Withdraws what has expired by this moment (milliseconds since 1970), at most `limit` at a time: numbered changes, like any other. */
export async function expireNotifications(db: Kysely<Tables>, at: number, limit: number): Promise<readonly Change[]> {
  return db.transaction().execute(async (trx) => {
    const due = sql`not n.withdrawn and n.expires_at <= ${new Date(at).toISOString()}::timestamptz`
    const found = await sql<{ person: string; seq: number }>`select n.person, n.seq from notification n where ${due}
      order by n.expires_at limit ${limit}`.execute(trx)
    if (found.rows.length === 0) return []
    const people = [...new Set(found.rows.map(({ person }) => person))].sort()
    // Looked at again under the lock: somebody may have withdrawn it meanwhile.
    const { rows } = await sql<NotificationRow & { person: string; head: number; read_through: number }>`
      with locked as (select person, head, read_through from inbox where person = any(${people}::text[]) order by person for update)
      select l.person, l.head, l.read_through, ${sql.raw(shownColumns)} from locked l
      join notification n on n.person = l.person join ${records(found.rows, 'person text, seq int')} on r.person = n.person and r.seq = n.seq
      where ${due} order by n.person, n.seq`.execute(trx)
    const inboxes = [...Map.groupBy(rows, ({ person }) => person)].map(([person, expired]) => {
      const after = expired[0]?.head ?? 0
      const gone = expired.map((row, index) => ({
        ...row,
        rev: after + index + 1,
        read: isRead(row, row.read_through),
        withdrawn: true,
      }))
      return { person, after, gone, counted: gone.filter(({ read, archived }) => !read && !archived).length }
    })
    const unread = await withdrawRows(trx, inboxes)
    return inboxes.map(({ person, after, gone }) => ({
      ...{ person, after, head: after + gone.length, unread: unread.get(person) ?? 0 },
      items: gone.map((row) => notificationOf(row, 0)),
    }))
  })
}

async function withdrawRows(
  trx: Kysely<Tables>,
  inboxes: readonly { person: string; after: number; gone: readonly NotificationRow[]; counted: number }[],
): Promise<ReadonlyMap<string, number>> {
  const moves = inboxes.map(({ person, gone, counted }) => ({ person, steps: gone.length, counted }))
  const { rows } = await sql<{
    person: string
    unread: number
  }>`update inbox i set head = i.head + r.steps, unread = i.unread - r.counted
    from ${records(moves, 'person text, steps int, counted int')} where i.person = r.person returning i.person, i.unread`.execute(
    trx,
  )
  const revs = inboxes.flatMap(({ person, gone }) => gone.map(({ seq, rev }) => ({ person, seq, rev })))
  await sql`update notification n set rev = r.rev, withdrawn = true
    from ${records(revs, 'person text, seq int, rev int')} where n.person = r.person and n.seq = r.seq`.execute(trx)
  return new Map(rows.map(({ person, unread }) => [person, unread]))
}
