import type { Change } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { records } from '../connect/records.ts'
import { transact } from '../connect/transact.ts'
import { lockErasure } from '../erasure/erased.ts'
import { type NotificationRow, shownColumns } from '../inbox/columns.ts'
import { due } from '../inbox/expired.ts'
import { lockInboxes, withdrawRows } from '../inbox/numbers.ts'
import type { Tables } from '../schema/tables.ts'

/** Withdraws what has expired by this moment (milliseconds since 1970), at most `limit` notifications. Each withdrawal takes a number. */
export async function expireNotifications(db: Kysely<Tables>, at: number, limit: number): Promise<readonly Change[]> {
  const hasExpired = due(new Date(at))
  return transact(db, async (trx) => {
    const found = await sql<{
      person: string
      seq: number
    }>`select n.person, n.seq from notification n where ${hasExpired}
      order by n.expires_at, n.person, n.seq limit ${limit}`.execute(trx)
    if (found.rows.length === 0) return []
    await lockErasure(trx, false)
    const inboxes = await lockInboxes(trx, [...new Set(found.rows.map(({ person }) => person))])
    // Read again under the lock: a notification may have been withdrawn meanwhile.
    const { rows } = await sql<NotificationRow & { person: string }>`select n.person, ${shownColumns}
      from notification n join ${records(found.rows, 'person text, seq int')} on r.person = n.person and r.seq = n.seq
      where ${hasExpired} order by n.person, n.seq`.execute(trx)
    return withdrawRows(trx, inboxes, rows, new Date(at))
  })
}
