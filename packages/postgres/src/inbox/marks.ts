import type { Marked, Notification } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { transact } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'
import { isRead, type NotificationRow, notificationOf, shownColumns } from './notification-row.ts'
import { live } from './read.ts'

/** Locks one inbox, if there is one, so that its numbers and marks stand still. */
async function lockInbox(trx: Transaction<Tables>, person: string) {
  return trx
    .selectFrom('inbox')
    .select(['head', 'unread', 'read_through'])
    .where('person', '=', person)
    .forUpdate()
    .executeTakeFirst()
}

/** Sets or clears marks of one notification; undefined where the person has none of this number. */
export async function markNotification(
  db: Kysely<Tables>,
  person: string,
  seq: number,
  marks: { readonly read?: boolean; readonly archived?: boolean },
  now: number,
): Promise<Marked<Notification> | undefined> {
  return transact(db, async (trx) => {
    const inbox = await lockInbox(trx, person)
    const { rows } = await sql<NotificationRow>`select ${sql.raw(shownColumns)} from notification n
      where n.person = ${person} and n.seq = ${seq} and ${live(now)}`.execute(trx)
    const [row] = rows
    if (inbox === undefined || row === undefined) return undefined
    const was = { read: isRead(row, inbox.read_through), archived: row.archived }
    const is = { read: marks.read ?? was.read, archived: marks.archived ?? was.archived }
    if (is.read === was.read && is.archived === was.archived) return { answer: notificationOf(row, inbox.read_through) }
    const head = inbox.head + 1
    const unread = inbox.unread + Number(counts(is)) - Number(counts(was))
    const marked = { ...row, rev: head, archived: is.archived, read: is.read === was.read ? row.read : is.read }
    await trx.updateTable('inbox').set({ head, unread }).where('person', '=', person).execute()
    const { rev, read, archived } = marked
    await trx
      .updateTable('notification')
      .set({ rev, read, archived })
      .where('person', '=', person)
      .where('seq', '=', seq)
      .execute()
    const answer = notificationOf(marked, inbox.read_through)
    return { answer, change: { person, after: inbox.head, head, unread, items: [answer] } }
  })
}

const counts = ({ read, archived }: { read: boolean; archived: boolean }) => !read && !archived

/** Marks everything up to a number as read: one number and one row of the inbox, whatever their number. */
export async function markReadThrough(
  db: Kysely<Tables>,
  person: string,
  through: number,
  now: number,
): Promise<Marked<{ head: number; unread: number }>> {
  return transact(db, async (trx) => {
    const inbox = await lockInbox(trx, person)
    if (inbox === undefined) return { answer: { head: 0, unread: 0 } }
    const upTo = Math.min(through, inbox.head)
    const same = { answer: { head: inbox.head, unread: inbox.unread } }
    if (upTo < inbox.read_through) return same
    const { rows } = await sql<{ touched: number; counted: number }>`
      select count(*) filter (where ${live(now)})::int as touched, count(*) filter (where not n.archived)::int as counted
      from notification n where n.person = ${person} and n.seq <= ${upTo} and not n.withdrawn
        and (n.read = false or (n.read is null and n.seq > ${inbox.read_through}))`.execute(trx)
    const { touched, counted } = rows[0] ?? { touched: 0, counted: 0 }
    if (touched === 0) return same
    const head = inbox.head + 1
    const unread = inbox.unread - counted
    await trx
      .updateTable('inbox')
      .set({ head, unread, read_through: upTo, read_through_rev: head })
      .where('person', '=', person)
      .execute()
    await sql`update notification set read = null where person = ${person} and seq <= ${upTo} and read = false`.execute(
      trx,
    )
    return {
      answer: { head, unread },
      change: { person, after: inbox.head, head, unread, readThrough: upTo, items: [] },
    }
  })
}
