import type { Inboxes, Marked, Notification } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { transact } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'
import {
  type Changeable,
  isRead,
  live,
  markable,
  type NotificationRow,
  notificationOf,
  shownColumns,
} from './columns.ts'
import { joinedChanges, withdrawExpired } from './expired.ts'
import { lockInboxes, NumberedInbox } from './numbers.ts'
import { readNumbers } from './read.ts'

/** Sets or clears marks of one notification; undefined where the person has no notification of this number. */
export async function markNotification(
  db: Kysely<Tables>,
  person: string,
  seq: number,
  marks: Parameters<Inboxes['mark']>[2],
  now: number,
): Promise<Marked<Notification> | undefined> {
  return transact(db, async (trx) => {
    const inbox = (await lockInboxes(trx, [person])).get(person)
    const { rows } = await sql<NotificationRow>`select ${shownColumns} from notification n
      where n.person = ${person} and n.seq = ${seq} and ${live(now)}`.execute(trx)
    const [row] = rows
    if (inbox === undefined || row === undefined) return undefined
    const { read_through } = inbox
    // A row without a mark of its own follows the inbox, and goes on doing so where that comes to the same.
    const was = { ...row, read: isRead(row, read_through) }
    const to: Partial<Changeable> = {}
    for (const name of markable) {
      const mark = marks[name]
      if (mark !== undefined && mark !== was[name]) to[name] = mark
    }
    if (Object.keys(to).length === 0) return { answer: notificationOf(row, read_through) }
    const expired = await withdrawExpired(trx, [person], new Date(now))
    const numbered = new NumberedInbox(person, read_through)
    numbered.change(row, to)
    const [change] = joinedChanges(expired, await NumberedInbox.write(trx, [numbered], new Date(now)))
    return { answer: notificationOf(row, read_through), ...(change && { change }) }
  })
}

/** Marks everything up to a number as read. It takes one number and writes one row of the inbox, however many notifications these are. */
export async function markReadThrough(
  db: Kysely<Tables>,
  person: string,
  through: number,
  now: number,
): Promise<Marked<{ head: number; unread: number }>> {
  return transact(db, async (trx) => {
    const at = new Date(now)
    const inbox = (await lockInboxes(trx, [person])).get(person)
    if (inbox === undefined) return { answer: { head: 0, unread: 0 } }
    const { head, read_through } = inbox
    const upTo = Math.min(through, head)
    const unchanged = async () => ({ answer: await readNumbers(trx, person, now) })
    if (upTo < read_through) return unchanged()
    const isTouched = sql`n.person = ${person} and n.seq <= ${upTo} and not n.withdrawn
      and (n.read = false or (n.read is null and n.seq > ${read_through}))`
    const { rows: touched } =
      await sql`select 1 from notification n where ${isTouched} and ${live(now)} limit 1`.execute(trx)
    if (touched.length === 0) return unchanged()
    const expired = await withdrawExpired(trx, [person], at)
    const { rows } = await sql<{ counted: number }>`
      select count(*)::int as counted from notification n where ${isTouched} and not n.archived`.execute(trx)
    const numbered = new NumberedInbox(person, read_through)
    numbered.changeAll(rows[0]?.counted ?? 0)
    const [change] = joinedChanges(expired, await NumberedInbox.write(trx, [numbered], at))
    if (change === undefined) return unchanged()
    await sql`with unmarked as (
        update notification set read = null where person = ${person} and seq <= ${upTo} and read = false)
      update inbox set read_through = ${upTo}, read_through_rev = ${change.head} where person = ${person}`.execute(trx)
    return {
      answer: { head: change.head, unread: change.unread },
      // What was withdrawn before the mark is read by it, too.
      change: {
        ...change,
        readThrough: upTo,
        items: change.items.map((item) => ({ ...item, read: item.read || item.seq <= upTo })),
      },
    }
  })
}
